#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "runtime/ctl/command_line.hpp"
#include "tests/unit/ctl/loopback_server.hpp"

// conclavectl against the management door: what one writes, the other reads.
namespace conclave::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ConversationTest : public ::testing::Test {
 protected:
  testing::LoopbackServer server;
  testing::Scratch scratch;
  std::string password =
      scratch.write("password", std::string(testing::LoopbackServer::kPassword)).string();

  struct Outcome {
    int status = 0;
    std::string out;
    std::string err;
  };
  Outcome ctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--home", (scratch.path() / "home").string()});
    std::ostringstream out;
    std::ostringstream err;
    const int status = run(arguments, out, err);
    return {status, out.str(), err.str()};
  }
  Outcome sign_in() {
    return ctl(
        {"sign-in", "Root@provider.local", "--server", server.url(), "--password-file", password});
  }
};

TEST_F(ConversationTest, AnAdminSignsInAndAdministers) {
  const Outcome in = sign_in();
  ASSERT_EQ(in.status, 0) << in.err;
  EXPECT_THAT(ctl({"whoami"}).out, HasSubstr("root@provider.local"));
  EXPECT_EQ(ctl({"tenant", "create", "new.example"}).status, 0);
  EXPECT_THAT(ctl({"tenant", "list"}).out, HasSubstr("new.example"));
  const Outcome made = ctl({"--tenant", "new.example", "user", "create", "zoe", "--display-name",
                            "Zoë Z", "--role", "user_admin", "--password-file", password});
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(ctl({"--tenant", "new.example", "user", "list", "--query", "zo"}).out,
              HasSubstr("zoe@new.example"));
  EXPECT_THAT(ctl({"--json", "--tenant", "new.example", "user", "set", "zoe", "--disable"}).out,
              HasSubstr("\"state\":\"disabled\""));
  EXPECT_EQ(ctl({"--tenant", "new.example", "group", "create", "staff"}).status, 0);
  EXPECT_EQ(ctl({"--tenant", "new.example", "group", "add", "staff", "zoe"}).status, 0);
  EXPECT_EQ(ctl({"key", "list"}).status, 0);
  EXPECT_EQ(ctl({"status"}).status, 0);
  EXPECT_THAT(ctl({"audit", "list"}).out, HasSubstr("user.created"));
  EXPECT_EQ(ctl({"tenant", "delete", "new.example", "--yes"}).status, 0);
  EXPECT_THAT(ctl({"tenant", "list"}).out, Not(HasSubstr("new.example")));
}

TEST_F(ConversationTest, ARefusalIsToldWithReasonAndAdvice) {
  ASSERT_EQ(sign_in().status, 0);
  const Outcome gone = ctl({"user", "show", "nobody"});
  EXPECT_EQ(gone.status, 1);
  EXPECT_THAT(gone.err, HasSubstr("user.not_found"));
  EXPECT_THAT(gone.err, HasSubstr("no such user"));
}

TEST_F(ConversationTest, AKeyringBackupIsTakenAndListed) {
  ASSERT_EQ(sign_in().status, 0);
  const Outcome made = ctl({"--json", "backup", "create", "keyring"});
  ASSERT_EQ(made.status, 0) << made.out;
  EXPECT_THAT(ctl({"backup", "list"}).out, HasSubstr("keyring-"));
}

TEST_F(ConversationTest, ASignedOutShellIsNobody) {
  ASSERT_EQ(sign_in().status, 0);
  ASSERT_EQ(ctl({"sign-out"}).status, 0);
  EXPECT_THAT(ctl({"whoami"}).err, HasSubstr("profile.missing"));
}

TEST_F(ConversationTest, AWrongPasswordIsRefused) {
  password = scratch.write("other", "not the password").string();
  const Outcome in = sign_in();
  EXPECT_EQ(in.status, 1);
  EXPECT_THAT(in.err, HasSubstr("sign_in.refused"));
}

}  // namespace
}  // namespace conclave::ctl
