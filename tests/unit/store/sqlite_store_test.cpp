#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <ctime>
#include <fstream>

#include "runtime/store/errors.hpp"
#include "tests/unit/store/sqlite_backend.hpp"
#include "tests/unit/store/sync_seam.hpp"

// What only the embedded store promises: its file, lock, schema, log and fsyncs.
namespace conclave::store::testing {
namespace {

constexpr TenantId kTenant{3};
constexpr RoomId kRoom{4};

std::unique_ptr<ContentStore> must_open(const SqliteStoreOptions& options) {
  auto opened = open_sqlite_store(options);
  if (!opened) throw std::runtime_error(opened.error().text());
  return std::move(*opened);
}

// Changes a closed database from outside.
void change(const std::filesystem::path& file, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_close(handle);
}

bool holds(const std::filesystem::path& folder, const std::string& marker) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    if (bytes.find(marker) != std::string::npos) return true;
  }
  return false;
}

TEST(SqliteStore, SecondServerOnTheSameFolderIsRefused) {
  SqliteBackend backend;
  auto first = must_open(backend.options());
  const auto second = backend.open();
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(kStoreInUse));
  first.reset();
  EXPECT_TRUE(backend.open());
}

TEST(SqliteStore, FilesAreForTheOwnerOnly) {
  SqliteBackend backend;
  const auto store = must_open(backend.options());
  ASSERT_TRUE(commit_all(*store, PutRoom{room_row(kTenant, kRoom)}));
  struct stat status{};
  ASSERT_EQ(::stat(backend.options().folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(backend.options().folder)) {
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077U, 0U) << entry.path();
  }
}

TEST(SqliteStore, NewerSchemaIsRefused) {
  SqliteBackend backend;
  must_open(backend.options()).reset();
  change(backend.file(), "PRAGMA user_version=4711");
  const auto opened = backend.open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(kStoreTooNew)) << opened.error().text();
}

TEST(SqliteStore, NewerBlobIsRefused) {
  SqliteBackend backend;
  must_open(backend.options()).reset();
  change(backend.file(), "INSERT INTO journal(commit_no, batch) VALUES(1, x'02')");
  const auto opened = backend.open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(kStoreTooNew)) << opened.error().text();
}

TEST(SqliteStore, ForeignDatabaseIsRefused) {
  SqliteBackend backend;
  std::filesystem::create_directories(backend.options().folder);
  change(backend.file(), "CREATE TABLE somebody_elses(x)");
  const auto opened = backend.open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(kStoreBroken)) << opened.error().text();
}

TEST(SqliteStore, DamagedFileIsRefusedAndNotTouched) {
  SqliteBackend backend;
  must_open(backend.options()).reset();
  {
    std::fstream file(backend.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.write("this is no database at all", 26);
  }
  const auto size = std::filesystem::file_size(backend.file());
  const auto opened = backend.open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(kStoreBroken)) << opened.error().text();
  EXPECT_EQ(std::filesystem::file_size(backend.file()), size);
}

TEST(SqliteStore, DamagedJournalRowIsRefused) {
  SqliteBackend backend;
  {
    SqliteStoreOptions options = backend.options();
    auto store = must_open(options);
    ASSERT_TRUE(commit_all(*store, one_room_commit(kTenant, kRoom, 1, {"a"})));
  }
  change(backend.file(), "INSERT INTO journal(commit_no, batch) VALUES(9, x'0100')");
  const auto opened = backend.open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().is(kStoreBroken)) << opened.error().text();
}

TEST(SqliteStore, OverwrittenTextLeavesFileAndLog) {
  SqliteBackend backend;
  auto options = backend.options();
  options.log_truncation = std::chrono::milliseconds(50);
  auto store = must_open(options);
  const std::string marker = "a marker that is to vanish from the disk";
  for (const std::uint64_t seq : {1U, 2U}) {  // once in the journal, once in a block
    ASSERT_TRUE(commit_all(*store, one_room_commit(kTenant, kRoom, seq, {marker})));
    if (seq == 2) {
      store.reset();  // drains
      store = must_open(options);
    }
    EXPECT_TRUE(holds(options.folder, marker));
    ASSERT_TRUE(commit_all(
        *store, RewriteSegments{
                    kTenant, kRoom, seq, seq, {make_segment(kTenant, kRoom, {5}, {{seq, ""}})}}));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (holds(options.folder, marker) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_FALSE(holds(options.folder, marker)) << "seq " << seq;
  }
}

TEST(SqliteStore, WaitingTransactionsShareAnFsync) {
  SqliteBackend backend;
  auto store = must_open(backend.options());
  // The first occupies the writer; what is queued meanwhile goes together.
  constexpr int kCalls = 200;
  std::promise<void> all;
  std::atomic<int> answered = 0;
  const int before = sync_calls;
  for (int i = 0; i < kCalls; ++i) {
    Transaction transaction;
    transaction.emplace_back(
        one_room_commit(kTenant, kRoom, static_cast<std::uint64_t>(i) + 1, {"m"}));
    store->commit(std::move(transaction), [&](Result<> result) {
      EXPECT_TRUE(result);
      if (++answered == kCalls) all.set_value();
    });
  }
  all.get_future().get();
  EXPECT_LT(sync_calls - before, kCalls / 2);
  EXPECT_GT(sync_calls - before, 0);
}

TEST(SqliteStore, ReadsBeyondTheQueueAreShedAtOnce) {
  SqliteBackend backend;
  auto options = backend.options();
  options.readers = 1;
  options.read_queue_limit = 4;
  auto store = must_open(options);
  std::promise<void> entered;
  std::promise<void> release;
  std::atomic<int> answered = 0;
  store->read_log(kTenant, kRoom, 1, 1, [&](const Result<LogSlice>& slice) {
    EXPECT_TRUE(slice);
    entered.set_value();
    release.get_future().get();
  });
  entered.get_future().get();
  for (int i = 0; i < 4; ++i) {
    store->read_log(kTenant, kRoom, 1, 1, [&](const Result<LogSlice>& slice) {
      EXPECT_TRUE(slice);
      ++answered;
    });
  }
  const auto shed = read_log(*store, kTenant, kRoom, 1, 1);
  ASSERT_FALSE(shed);
  EXPECT_TRUE(shed.error().is(kStoreBusy));
  EXPECT_EQ(answered, 0);
  release.set_value();
  store->close();
  EXPECT_EQ(answered, 4);
}

TEST(SqliteStore, LogIsDrainedByAgeWhileIdle) {
  SqliteBackend backend;
  auto options = backend.options();
  options.soft_age = std::chrono::milliseconds(20);
  auto store = must_open(options);
  ASSERT_TRUE(commit_all(*store, one_room_commit(kTenant, kRoom, 1, {"a"})));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (store->status().journal_commits > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(store->status().journal_commits, 0U);
  EXPECT_EQ(read_log(*store, kTenant, kRoom, 1, 1)->segments.size(), 1U);
}

TEST(SqliteStore, HardLimitDrainsBetweenCommits) {
  SqliteBackend backend;
  auto options = backend.options();
  options.hard_entries = 500;
  auto store = must_open(options);
  std::promise<void> all;
  for (std::uint64_t i = 0; i < 300; ++i) {
    Transaction transaction;
    transaction.emplace_back(
        one_room_commit(kTenant, kRoom, 10 * i + 1, std::vector<std::string>(10, "m")));
    store->commit(std::move(transaction), [&, i](Result<> result) {
      EXPECT_TRUE(result);
      if (i == 299) all.set_value();
    });
  }
  all.get_future().get();
  ASSERT_TRUE(load(*store));  // in its turn after the last drain
  EXPECT_LE(store->status().journal_commits, 50U);
  const auto slice = read_log(*store, kTenant, kRoom, 1'000, 1'400);
  ASSERT_TRUE(slice);
  EXPECT_EQ(entries_of(*slice, 1'000, 1'400).size(), 401U);
}

TEST(SqliteStore, AFileOfTheFirstSchemaIsBroughtUpToDate) {
  SqliteBackend backend;
  must_open(backend.options())->close();
  change(backend.file(), "DROP TABLE doomed_key; PRAGMA user_version=1");
  auto store = must_open(backend.options());
  EXPECT_EQ(store->status().schema, 2U);
  ASSERT_TRUE(commit_all(*store, PutDoomedKey{{kTenant, DoomedKind::room, kRoom.value, 1}}));
  EXPECT_EQ(load(*store)->doomed_keys.size(), 1U);
}

TEST(SqliteStore, Throughput) {
  SqliteBackend backend;
  auto options = backend.options();
  options.soft_entries = options.hard_entries = 1'000'000;  // drained by close(), apart
  auto store = must_open(options);
  constexpr std::uint64_t kBatches = 100;
  constexpr std::uint64_t kPerBatch = 256;
  const std::vector<std::string> texts(kPerBatch, std::string(300, 'x'));
  std::vector<Transaction> transactions;
  std::array<std::uint64_t, 64> heads{};
  for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
    JournalCommit together;
    for (std::uint64_t room = 0; room < heads.size(); ++room) {
      auto one = one_room_commit(kTenant, {room + 1}, heads[room] + 1,
                                 {texts[0], texts[1], texts[2], texts[3]});
      heads[room] += 4;
      together.segments.push_back(std::move(one.segments.front()));
      together.heads.push_back(one.heads.front());
      for (std::uint64_t i = 0; i < 4; ++i) {
        together.ring.push_back(
            {kTenant, {room + 1}, heads[room] - i, {room + 1}, heads[room] - i});
      }
    }
    transactions.emplace_back().emplace_back(std::move(together));
  }
  // Time of the processors, since others may be at work on the machine.
  const auto cpu_us = [] { return static_cast<double>(std::clock()) * 1e6 / CLOCKS_PER_SEC; };
  const double begun = cpu_us();
  for (auto& transaction : transactions) {
    ASSERT_TRUE(commit(*store, std::move(transaction)));
  }
  const double committed = cpu_us();
  store->close();
  const double drained = cpu_us();
  constexpr double kMessages = kBatches * kPerBatch;
  std::printf(
      "[ figures  ] CPU a message of 300 B: commit %.1f us, drain %.1f us (%.0f messages)\n",
      (committed - begun) / kMessages, (drained - committed) / kMessages, kMessages);
}

}  // namespace
}  // namespace conclave::store::testing
