#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "runtime/store/errors.hpp"
#include "runtime/store/writer.hpp"
#include "tests/unit/store/sqlite_backend.hpp"
#include "tests/unit/store/sync_seam.hpp"

// Killed processes, full disks, failing fsyncs.
namespace conclave::store::testing {
namespace {

constexpr TenantId kTenant{3};
constexpr std::uint64_t kRooms = 3;
constexpr DeviceId kDevice{9};

std::string text_of(std::uint64_t room, std::uint64_t seq) {
  return std::to_string(room) + ":" + std::to_string(seq) + std::string(seq % 200, '.');
}

// Three entries a room; the same whenever it is made.
Transaction next_commit(std::uint64_t& head) {
  JournalCommit together;
  for (std::uint64_t room = 1; room <= kRooms; ++room) {
    auto one = one_room_commit(
        kTenant, {room}, head + 1,
        {text_of(room, head + 1), text_of(room, head + 2), text_of(room, head + 3)});
    together.segments.push_back(std::move(one.segments.front()));
    together.heads.push_back(one.heads.front());
    together.ring.push_back({kTenant, kDevice, head + 1, {room}, head + 1});
  }
  head += 3;
  Transaction transaction;
  transaction.emplace_back(std::move(together));
  return transaction;
}

SqliteStoreOptions eager(const SqliteBackend& backend) {
  auto options = backend.options();
  options.soft_entries = 40;
  options.hard_entries = 200;
  options.log_truncation = std::chrono::milliseconds(7);
  return options;
}

// The child's life: commits as fast as it can and reports each acknowledged head.
[[noreturn]] void write_until_killed(const SqliteStoreOptions& options, std::uint64_t head,
                                     int report) {
  auto store = open_sqlite_store(options);
  if (!store) ::_exit(1);
  for (;;) {
    std::atomic<int> waiting = 0;
    for (int i = 0; i < 8; ++i) {
      ++waiting;
      auto transaction = next_commit(head);
      (*store)->commit(std::move(transaction), [&waiting, report, head](Result<> result) {
        if (!result || ::write(report, &head, sizeof head) != sizeof head) ::_exit(2);
        --waiting;
      });
    }
    while (waiting > 0) std::this_thread::yield();
  }
}

// Returns the last head that the killed child acknowledged, or `head`.
std::uint64_t run_and_kill(const SqliteStoreOptions& options, std::uint64_t head, int after_us) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(options, head, ends[1]);
  }
  ::close(ends[1]);
  ::usleep(static_cast<useconds_t>(after_us));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
  std::uint64_t acknowledged = head;
  std::uint64_t value = 0;
  while (::read(ends[0], &value, sizeof value) == sizeof value) acknowledged = value;
  ::close(ends[0]);
  return acknowledged;
}

// Everything up to the head of the store is there once, and the head is not below `acknowledged`.
std::uint64_t audit(const SqliteStoreOptions& options, std::uint64_t acknowledged) {
  auto store = open_sqlite_store(options);
  EXPECT_TRUE(store) << (store ? "" : store.error().text());
  if (!store) return 0;
  const auto snapshot = load(**store);
  EXPECT_TRUE(snapshot);
  EXPECT_EQ(snapshot->rooms.size(), kRooms);
  const std::uint64_t head = snapshot->rooms.front().head_seq;
  EXPECT_GE(head, acknowledged);
  for (const auto& room : snapshot->rooms) {
    EXPECT_EQ(room.head_seq, head);
    for (std::uint64_t first = 1; first <= head; first += 500) {
      const std::uint64_t last = std::min(first + 499, head);
      const auto slice = read_log(**store, kTenant, room.room, first, last);
      EXPECT_TRUE(slice);
      const auto entries = entries_of(*slice, first, last);
      EXPECT_EQ(entries.size(), last - first + 1);
      for (std::size_t i = 0; i < entries.size(); ++i) {
        EXPECT_EQ(entries[i], (std::pair(first + i, text_of(room.room.value, first + i))));
      }
    }
  }
  if (head > 0) {
    EXPECT_EQ(snapshot->rings.size(), 1U);
    EXPECT_EQ(snapshot->rings.front().entries.back().seq, head - 2);
    EXPECT_LE(snapshot->rings.front().entries.size(), 64U);
  }
  return head;
}

TEST(BadDays, KilledAtAnyPointNothingIsLostOrRepeated) {
  SqliteBackend backend;
  const auto options = eager(backend);
  {
    auto store = open_sqlite_store(options);
    ASSERT_TRUE(store);
    for (std::uint64_t room = 1; room <= kRooms; ++room) {
      ASSERT_TRUE(commit_all(**store, PutRoom{room_row(kTenant, {room})}));
    }
  }
  std::mt19937 random(4711);
  std::uint64_t head = 0;
  for (int round = 0; round < 25 && !::testing::Test::HasFailure(); ++round) {
    const auto acknowledged =
        run_and_kill(options, head, 15'000 + static_cast<int>(random() % 60'000));
    // Every other audit is itself a start that drains.
    head = audit(options, acknowledged);
  }
  EXPECT_GT(head, 100U);
}

TEST(BadDays, FailedFsyncEndsTheProcess) {
  SqliteBackend backend;
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = open_sqlite_store(backend.options());
    if (!store) ::_exit(1);
    fail_syncs = true;
    const auto outcome = commit_all(**store, PutRoom{room_row(kTenant, {1})});
    ::_exit(outcome ? 2 : 3);  // neither may be reached
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), Writer::kExitUncertain);
  EXPECT_TRUE(backend.open());
}

// Commits until the store refuses; returns the last durable head.
std::uint64_t fill(ContentStore& store) {
  std::uint64_t head = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::uint64_t next = head;
    const auto outcome = commit(store, next_commit(next));
    if (!outcome) {
      EXPECT_TRUE(outcome.error().is(kStoreReadOnly)) << outcome.error().text();
      return head;
    }
    head = next;
  }
  ADD_FAILURE() << "the disk never filled up";
  return head;
}

void recovers(const SqliteStoreOptions& options, ContentStore& store, std::uint64_t head) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!store.status().writable && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(store.status().writable) << store.status().reason;
  auto outcome = commit(store, next_commit(head));
  ASSERT_TRUE(outcome) << outcome.error().text();
  store.close();
  EXPECT_EQ(audit(options, head), head);
}

void put_rooms(ContentStore& store) {
  for (std::uint64_t room = 1; room <= kRooms; ++room) {
    ASSERT_TRUE(commit_all(store, PutRoom{room_row(kTenant, {room})}));
  }
}

TEST(BadDays, FileSizeLimitRefusesAndRecovers) {
  SqliteBackend backend;
  auto options = backend.options();
  options.probe_interval = std::chrono::milliseconds(50);
  auto store = open_sqlite_store(options);
  ASSERT_TRUE(store);
  put_rooms(**store);

  const auto old_action = ::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const rlimit small{400 * 1024, old_limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::uint64_t head = fill(**store);
  EXPECT_FALSE((*store)->status().writable);
  EXPECT_NE((*store)->status().reason, "");
  EXPECT_TRUE(read_log(**store, kTenant, {1}, 1, 10));  // reads go on
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  ::signal(SIGXFSZ, old_action);
  recovers(options, **store, head);
}

TEST(BadDays, FullDiskRefusesAndRecovers) {
  SqliteBackend backend;
  auto options = backend.options();
  options.probe_interval = std::chrono::milliseconds(20);
  auto store = open_sqlite_store(options);
  ASSERT_TRUE(store);
  put_rooms(**store);
  std::uint64_t head = 0;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(commit(**store, next_commit(head)));
  disk_full = true;
  const auto durable = head;
  for (int i = 0; i < 5; ++i) {
    std::uint64_t next = durable;
    const auto refused = commit(**store, next_commit(next));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kStoreReadOnly)) << refused.error().text();
  }
  EXPECT_FALSE((*store)->status().writable);
  disk_full = false;
  recovers(options, **store, durable);
}

}  // namespace
}  // namespace conclave::store::testing
