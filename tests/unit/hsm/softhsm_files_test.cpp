#include "hsm/keyd/softhsm_files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace conclave::hsm::keyd {
namespace {

namespace fs = std::filesystem;

class SoftHsmFiles : public ::testing::Test {
 protected:
  SoftHsmFiles() : root_(make_folder()), paths_(root_) {
    token_ = paths_.softhsm_dir / "0b1c";
    fs::create_directories(token_);
  }
  ~SoftHsmFiles() override { fs::remove_all(root_); }

  static fs::path make_folder() {
    auto pattern = (fs::temp_directory_path() / "conclave-files-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  void put(const std::string& text) { std::ofstream(token_ / "token.object") << text; }
  [[nodiscard]] std::string kept() const {
    std::ifstream in(token_ / "token.object");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  fs::path root_;
  config::StatePaths paths_;
  fs::path token_;
};

TEST_F(SoftHsmFiles, put_a_torn_file_back) {
  put("master key");
  ASSERT_TRUE(keep_token_files(paths_));
  for (const char* torn : {"", "mas"}) {
    put(torn);
    ASSERT_TRUE(keep_token_files(paths_));
    EXPECT_EQ(kept(), "master key");
  }
}

TEST_F(SoftHsmFiles, put_a_lost_file_back_but_no_lost_token) {
  put("master key");
  ASSERT_TRUE(keep_token_files(paths_));
  fs::remove(token_ / "token.object");
  ASSERT_TRUE(keep_token_files(paths_));
  EXPECT_EQ(kept(), "master key");
  fs::remove_all(token_);  // an operator took it away
  ASSERT_TRUE(keep_token_files(paths_));
  EXPECT_FALSE(fs::exists(token_));
}

TEST_F(SoftHsmFiles, take_over_what_was_changed_in_good_order) {
  put("old PIN...");
  ASSERT_TRUE(keep_token_files(paths_));
  put("new PIN...");
  ASSERT_TRUE(keep_token_files(paths_));
  put("");
  ASSERT_TRUE(keep_token_files(paths_));
  EXPECT_EQ(kept(), "new PIN...");
}

TEST_F(SoftHsmFiles, keep_the_copies_private) {
  put("master key");
  ASSERT_TRUE(keep_token_files(paths_));
  const auto copies = paths_.token_dir / "copies";
  EXPECT_EQ(fs::status(copies).permissions() & fs::perms::mask, fs::perms::owner_all);
  for (const auto& each : fs::directory_iterator(copies)) {
    EXPECT_EQ(each.status().permissions() & fs::perms::mask,
              fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(SoftHsmFiles, leave_other_modules_alone) {
  fs::remove_all(paths_.softhsm_dir);
  ASSERT_TRUE(keep_token_files(paths_));
  EXPECT_FALSE(fs::exists(paths_.token_dir / "copies"));
}

}  // namespace
}  // namespace conclave::hsm::keyd
