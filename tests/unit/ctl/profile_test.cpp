#include "runtime/ctl/profile.hpp"

#include <gtest/gtest.h>

#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "tests/unit/ctl/scratch.hpp"

namespace conclave::ctl {
namespace {

using std::filesystem::perms;

TEST(Profiles, ReadBackAndAreForTheOwnerOnly) {
  const testing::Scratch scratch;
  const auto home = scratch.path() / "home";
  ASSERT_TRUE(save_profile(home, {{"https://localhost:1", "PEM"}, "a@b.c", "d_1", "KEY"}));
  EXPECT_EQ(std::filesystem::status(home / "admin.json").permissions(),
            perms::owner_read | perms::owner_write);
  const auto read = load_profile(home);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->account, "a@b.c");
  EXPECT_EQ(read->server.authority_pem, "PEM");
}

TEST(Profiles, OneThatOthersCanReadIsRefused) {
  const testing::Scratch scratch;
  ASSERT_TRUE(save_profile(scratch.path(), {{"https://localhost:1", ""}, "a@b.c", "d_1", "KEY"}));
  std::filesystem::permissions(scratch.path() / "admin.json", perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(load_profile(scratch.path()).error(), Error(kProfileUnusable));
}

TEST(Profiles, AnIncompleteOneIsRefused) {
  testing::Scratch scratch;
  EXPECT_EQ(load_profile(scratch.path()).error(), Error(kNoProfile));
  scratch.write("admin.json", "{}");
  EXPECT_EQ(load_profile(scratch.path()).error(), Error(kProfileUnusable));
  scratch.write("admin.json", "{");
  EXPECT_FALSE(load_profile(scratch.path()));
}

TEST(Servers, AreFoundInAStateFolder) {
  testing::Scratch scratch;
  EXPECT_EQ(find_server(scratch.path(), "", "").error(), Error(kUnreachable));
  scratch.write("run/ports.json", R"({"https":8443,"ws":8080})");
  scratch.write("authority/root.pem", "PEM");
  const auto found = find_server(scratch.path(), "", "");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->url, "https://localhost:8443");
  EXPECT_EQ(found->authority_pem, "PEM");
}

TEST(Servers, APlainOneMustBeLoopback) {
  EXPECT_FALSE(find_server("", "http://10.0.0.1:80", ""));
  EXPECT_TRUE(find_server("", "http://127.0.0.1:8080", ""));
}

TEST(Passwords, AreTheFirstLineOfTheirFile) {
  testing::Scratch scratch;
  const auto file = scratch.write("password", "correct horse\nsecond line\n");
  const auto password = read_password(file, true);
  ASSERT_TRUE(password);
  EXPECT_EQ(base::as_text(password->view()), "correct horse");
  EXPECT_FALSE(read_password(scratch.write("empty", "\n"), true));
  EXPECT_FALSE(read_password(scratch.path() / "absent", true));
}

}  // namespace
}  // namespace conclave::ctl
