#include "hsm/keyring/keyring_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <vector>

#include "tests/unit/store/store_access.hpp"
#include "tests/unit/store/sync_seam.hpp"

namespace conclave::hsm::keyring {
namespace {

using store::testing::TempFolder;

ParentRow parent(std::uint64_t id) {
  return {{TenantId{1}, ParentKind::room, id, 0}, 0, Bytes(200, 7)};
}

class KeyringFileTest : public ::testing::Test {
 protected:
  TempFolder folder;
  std::filesystem::path file = folder.path() / "keyring.db";

  Result<KeyringFile> open() const { return KeyringFile::open(file); }
  static void fails_its_sync(const std::function<void()>& change) {
    store::testing::fail_syncs = true;
    change();
    ::_exit(0);  // went on as if nothing had happened
  }
};

TEST_F(KeyringFileTest, AFailedSyncEndsTheProcessAndIsNotTriedAgain) {
  auto keyring = open();
  ASSERT_TRUE(keyring);
  ASSERT_TRUE(keyring->add_tenant({1}));
  const auto ended = ::testing::ExitedWithCode(KeyringFile::kExitUncertain);
  EXPECT_EXIT(fails_its_sync([&] { (void)keyring->put_parents({parent(1)}); }), ended, "");
  EXPECT_EXIT(fails_its_sync([&] { (void)keyring->add_tenant({2}); }), ended, "");
  EXPECT_EXIT(fails_its_sync([&] { (void)keyring->set_meta("a", "b"); }), ended, "");
  EXPECT_EXIT(fails_its_sync([&] {
                (void)keyring->delete_parent({1}, ParentKind::room, 1, 5);
              }),
              ended, "");
}

TEST_F(KeyringFileTest, AFullDiskIsAnErrorAndTheNextCommitMayWork) {
  auto keyring = open();
  ASSERT_TRUE(keyring);
  ASSERT_TRUE(keyring->add_tenant({1}));
  store::testing::disk_full = true;
  const auto refused = keyring->put_parents({parent(1)});
  store::testing::disk_full = false;
  EXPECT_FALSE(refused);
  EXPECT_FALSE(keyring->parent(parent(1).name)->has_value());
  EXPECT_TRUE(keyring->put_parents({parent(1)}));
  EXPECT_TRUE(keyring->parent(parent(1).name)->has_value());
}

TEST_F(KeyringFileTest, TheLogIsCheckpointedWhileKeysAreAdded) {
  auto keyring = open();
  ASSERT_TRUE(keyring);
  std::uint64_t id = 0;
  for (int commit = 0; commit < 300; ++commit) {
    std::vector<ParentRow> rows;
    while (rows.size() < 40) rows.push_back(parent(++id * 0x9e3779b97f4a7c15ULL));
    ASSERT_TRUE(keyring->put_parents(rows));
  }
  constexpr std::uintmax_t kMost = 4 * 1024 * 1024;
  EXPECT_LT(std::filesystem::file_size(file.string() + "-wal"), kMost);
  EXPECT_GT(std::filesystem::file_size(file), 1024U * 1024U);
}

}  // namespace
}  // namespace conclave::hsm::keyring
