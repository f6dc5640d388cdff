#include "runtime/ctl/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/ctl/scratch.hpp"

namespace conclave::ctl {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

Outcome run_with(std::vector<std::string> arguments) {
  const testing::Scratch home;
  arguments.insert(arguments.begin(), {"--home", (home.path() / "home").string()});
  std::ostringstream out;
  std::ostringstream err;
  const int status = run(arguments, out, err);
  return {status, out.str(), err.str()};
}

TEST(CommandLine, WrongInputGetsAHintAndStatus2) {
  struct Row {
    std::vector<std::string> arguments;
    std::string hint;
  };
  const std::vector<Row> rows = {
      {{}, "subcommand is required"},
      {{"dance"}, "conclavectl --help"},
      {{"tenant"}, "conclavectl tenant --help"},
      {{"tenant", "create"}, "domain is required"},
      {{"tenant", "delete", "demo.example"}, "--yes"},
      {{"user", "create"}, "name is required"},
      {{"user", "set", "ann"}, "nothing to change"},
      {{"user", "set", "ann", "--enable", "--disable"}, "not both"},
      {{"user", "delete", "ann"}, "--yes"},
      {{"group", "add", "staff"}, "user is required"},
      {{"group", "delete", "staff"}, "--yes"},
      {{"device", "list"}, "user is required"},
      {{"session", "end"}, "session is required"},
      {{"room", "delete", "r_1"}, "--yes"},
      {{"key", "turn-epoch"}, "tenant is required"},
      {{"backup", "create", "everything"}, "keyring"},
      {{"restore", "content"}, "file is required"},
      {{"restore", "all", "x"}, "content"},
      {{"restore", "content", "x"}, "--config FILE or --state DIR"},
      {{"doctor"}, "--config FILE or --state DIR"},
      {{"sign-in", "ann@demo.example"}, "--state DIR"},
      {{"sign-in", "ann@demo.example", "--server", "https://localhost:1"}, "--ca FILE"},
      {{"setup", "--server", "http://127.0.0.1:1"}, "--secret-file"},
      {{"status", "--colour"}, "--colour"},
  };
  for (const Row& row : rows) {
    const Outcome got = run_with(row.arguments);
    const std::string command = row.arguments.empty() ? "" : row.arguments[0];
    EXPECT_EQ(got.status, 2) << command << ": " << got.err;
    EXPECT_THAT(got.err, HasSubstr(row.hint)) << command;
    EXPECT_EQ(got.out, "") << command;
  }
}

TEST(CommandLine, WithoutAProfileItSaysHowToGetOne) {
  const Outcome got = run_with({"tenant", "list"});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("conclavectl sign-in"));
}

TEST(CommandLine, ErrorsAreJsonForPrograms) {
  const Outcome got = run_with({"--json", "tenant", "list"});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.out, HasSubstr("\"reason\":\"profile.missing\""));
  EXPECT_EQ(got.err, "");
}

TEST(CommandLine, HelpIsNoError) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--help"}, {"user", "--help"}, {"backup", "create", "--help"}}) {
    const Outcome got = run_with(words);
    EXPECT_EQ(got.status, 0);
    EXPECT_THAT(got.out, HasSubstr("Usage"));
  }
}

TEST(CommandLine, AnUnreachableServerIsNamed) {
  testing::Scratch scratch;
  const auto password = scratch.write("password", "long enough pw\n");
  const Outcome got = run_with({"sign-in", "ann@demo.example", "--server", "http://127.0.0.1:1",
                                "--password-file", password.string()});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("http://127.0.0.1:1"));
}

TEST(CommandLine, ARestoreNeedsTheNoteOrADigest) {
  testing::Scratch scratch;
  scratch.write("conclave.toml", "[server]\nname = \"test\"\n");
  const auto file = scratch.write("content.db", "x");
  const Outcome got =
      run_with({"restore", "--state", scratch.path().string(), "content", file.string()});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("--sha256"));
}

TEST(CommandLine, AKeyringWithAnotherDigestIsNotRestored) {
  testing::Scratch scratch;
  scratch.write("conclave.toml", "[server]\nname = \"test\"\n");
  scratch.write("keyring/keyring.db", "the old one");
  const auto file = scratch.write("copy.db", "SQLite format 3 and more");
  const Outcome got = run_with({"restore", "--state", scratch.path().string(), "keyring",
                                file.string(), "--sha256", std::string(64, '0')});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("digest differs"));
  std::string kept;
  std::getline(std::ifstream(scratch.path() / "keyring/keyring.db") >> std::ws, kept);
  EXPECT_EQ(kept, "the old one");
}

}  // namespace
}  // namespace conclave::ctl
