#include "runtime/config/state_paths.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace conclave::config {
namespace {

namespace fs = std::filesystem;

class StateFolders : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "conclave-state-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    base_ = pattern;
  }
  void TearDown() override { fs::remove_all(base_); }

  fs::path base_;
};

TEST_F(StateFolders, AreMadePrivateAndASecondCallChangesNothing) {
  const StatePaths paths(base_ / "deep" / "state");
  ASSERT_TRUE(make_state_folders(paths));
  ASSERT_TRUE(make_state_folders(paths));
  for (const auto& folder : {paths.root, paths.token_dir, paths.keyring_dir, paths.run_dir}) {
    struct stat status{};
    ASSERT_EQ(::stat(folder.c_str(), &status), 0) << folder;
    EXPECT_EQ(status.st_mode & 0777, 0700u) << folder;
  }
}

TEST_F(StateFolders, RefuseAFolderThatOthersCanWriteTo) {
  const StatePaths paths(base_);
  ASSERT_EQ(::chmod(base_.c_str(), 0777), 0);
  const auto made = make_state_folders(paths);
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().is(kStateUnusable));
  EXPECT_NE(made.error().detail().find("chmod 700"), std::string::npos);
}

TEST_F(StateFolders, RefuseAFileInTheirPlace) {
  const StatePaths paths(base_);
  std::ofstream(base_ / "run") << "a file";
  EXPECT_FALSE(make_state_folders(paths));
}

TEST(StatePaths, LieInsideTheStateFolder) {
  const StatePaths paths("/srv/conclave");
  EXPECT_EQ(paths.pin, "/srv/conclave/token/pin");
  EXPECT_EQ(paths.keyd_socket, "/srv/conclave/run/keyd.sock");
  EXPECT_EQ(paths.content_db, "/srv/conclave/content/content.db");
}

}  // namespace
}  // namespace conclave::config
