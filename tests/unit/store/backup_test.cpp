#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "runtime/store/errors.hpp"
#include "tests/unit/store/sqlite_backend.hpp"

namespace conclave::store::testing {
namespace {

constexpr TenantId kTenant{3};
constexpr RoomId kRoom{4};

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = backend_.open();
    ASSERT_TRUE(opened);
    store_ = std::move(*opened);
    ASSERT_TRUE(commit_all(*store_, PutRoom{room_row(kTenant, kRoom)}));
  }
  Result<> say(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      CONCLAVE_TRY(
          commit_all(*store_, one_room_commit(kTenant, kRoom, ++head_, {std::string(500, 'x')})));
    }
    return {};
  }
  Result<BackupReport> backup(const std::filesystem::path& file) {
    return wait_for<BackupReport>([&](auto done) { store_->backup(file, std::move(done)); });
  }

  SqliteBackend backend_;
  TempFolder elsewhere_;
  std::filesystem::path file_ = elsewhere_.path() / "backup.db";
  std::filesystem::path restored_ = elsewhere_.path() / "restored";
  std::unique_ptr<ContentStore> store_;
  std::uint64_t head_ = 0;
};

TEST_F(BackupTest, CopyMadeWhileWritingIsConsistent) {
  ASSERT_TRUE(say(50));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) EXPECT_TRUE(say(1));
  });
  const auto report = backup(file_);
  stop = true;
  writer.join();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->bytes, std::filesystem::file_size(file_));
  EXPECT_EQ(report->sha256_hex.size(), 64U);
  EXPECT_TRUE(verify_backup(file_, report->sha256_hex));

  const auto restored = restore_backup(file_, restored_, report->sha256_hex);
  ASSERT_TRUE(restored) << restored.error().text();
  SqliteStoreOptions options;
  options.folder = restored_;
  auto copy = open_sqlite_store(options);
  ASSERT_TRUE(copy) << copy.error().text();
  const auto snapshot = load(**copy);
  ASSERT_TRUE(snapshot);
  const std::uint64_t copied = snapshot->rooms.at(0).head_seq;
  EXPECT_GE(copied, 50U);
  EXPECT_LE(copied, head_);
  const std::uint64_t first = copied > 400 ? copied - 400 : 1;
  const auto slice = read_log(**copy, kTenant, kRoom, first, copied);
  ASSERT_TRUE(slice);
  EXPECT_EQ(entries_of(*slice, first, copied).size(), copied - first + 1);
}

TEST_F(BackupTest, RestoreRaisesTheEpochAboveBothAndKeepsTheOldDatabase) {
  ASSERT_TRUE(say(3));
  ASSERT_TRUE(backup(file_));
  const auto old_epoch = store_->status().epoch;
  ASSERT_TRUE(say(2));
  store_->close();
  store_.reset();
  const auto folder = backend_.options().folder;
  const auto once = restore_backup(file_, folder);
  ASSERT_TRUE(once) << once.error().text();
  EXPECT_GT(once->epoch, old_epoch);
  EXPECT_TRUE(std::filesystem::exists(once->replaced));
  const auto twice = restore_backup(file_, folder);
  ASSERT_TRUE(twice) << twice.error().text();
  EXPECT_GT(twice->epoch, once->epoch);
  auto opened = backend_.open();
  ASSERT_TRUE(opened);
  const auto snapshot = load(**opened);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->epoch, twice->epoch);
  EXPECT_EQ(snapshot->rooms.at(0).head_seq, 3U);
}

TEST_F(BackupTest, LogsLeftByAKilledProcessAreNotAppliedToTheRestoredFile) {
  ASSERT_TRUE(say(3));
  ASSERT_TRUE(backup(file_));
  ASSERT_TRUE(say(4));
  // The running store's log, as a crash would leave it, beside what is to arrive.
  const auto log = backend_.file().string() + "-wal";
  std::filesystem::create_directory(restored_);
  for (const char* name : {"content.db-wal", "content.db.arriving-wal"}) {
    std::filesystem::copy_file(log, restored_ / name);
  }
  std::ofstream(restored_ / "content.db.arriving") << "half of a file";
  const auto restored = restore_backup(file_, restored_);
  ASSERT_TRUE(restored) << restored.error().text();
  SqliteStoreOptions options;
  options.folder = restored_;
  auto copy = open_sqlite_store(options);
  ASSERT_TRUE(copy) << copy.error().text();
  const auto snapshot = load(**copy);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->rooms.at(0).head_seq, 3U);
  EXPECT_EQ(snapshot->epoch, restored->epoch);
}

TEST_F(BackupTest, RestoreUnderARunningServerIsRefused) {
  ASSERT_TRUE(backup(file_));
  const auto refused = restore_backup(file_, backend_.options().folder);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kStoreInUse));
}

TEST_F(BackupTest, DamagedAndForeignFilesAreRefusedAndNothingIsReplaced) {
  ASSERT_TRUE(say(20));
  const auto report = backup(file_);
  ASSERT_TRUE(report);
  {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);  // the second page's type
    file.write("damage", 6);
  }
  const auto by_digest = restore_backup(file_, restored_, report->sha256_hex);
  ASSERT_FALSE(by_digest);
  EXPECT_TRUE(by_digest.error().is(kBackupInvalid));
  const auto by_check = restore_backup(file_, restored_);
  ASSERT_FALSE(by_check);
  EXPECT_TRUE(by_check.error().is(kBackupInvalid)) << by_check.error().text();
  const auto foreign = elsewhere_.path() / "text";
  std::ofstream(foreign) << "not a database";
  EXPECT_TRUE(restore_backup(foreign, restored_).error().is(kBackupInvalid));
  EXPECT_TRUE(restore_backup(elsewhere_.path() / "absent", restored_).error().is(kBackupInvalid));
  EXPECT_FALSE(std::filesystem::exists(restored_ / "content.db"));
}

TEST_F(BackupTest, ExistingFileIsNotOverwritten) {
  std::ofstream(file_) << "precious";
  const auto refused = backup(file_);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kBackupTarget));
  EXPECT_EQ(std::filesystem::file_size(file_), 8U);
  const auto nowhere = backup(elsewhere_.path() / "no" / "such" / "folder.db");
  ASSERT_FALSE(nowhere);
  EXPECT_TRUE(nowhere.error().is(kBackupTarget));
  EXPECT_TRUE(backup(elsewhere_.path() / "other.db"));
}

}  // namespace
}  // namespace conclave::store::testing
