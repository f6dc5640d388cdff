#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "runtime/ctl/command_line.hpp"
#include "tests/unit/ctl/scratch.hpp"

namespace conclave::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PolicyCommands : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / name;
    std::ofstream(path) << text;
    return path.string();
  }
  int run_with(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "policy");
    out_.str("");
    err_.str("");
    return run(arguments, out_, err_);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

 private:
  testing::Scratch folder_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(PolicyCommands, ADefaultThatWasPrintedIsValidAndThatDefault) {
  for (const std::string name : {"open", "standard", "strict", "minor"}) {
    ASSERT_EQ(run_with({"defaults", name}), 0) << err();
    const auto copy = file(name + ".toml", out());
    ASSERT_EQ(run_with({"check", copy}), 0) << err();
    EXPECT_THAT(out(), HasSubstr("valid; 0 keys differ from " + name));
  }
  EXPECT_EQ(run_with({"defaults", "lax"}), 2);
}

TEST_F(PolicyCommands, AWrongPolicyIsToldWithLinesAndFails) {
  const auto wrong = file("wrong.toml", "[devices]\ncapp = 3\ncap = 0\n");
  EXPECT_EQ(run_with({"check", wrong}), 1);
  EXPECT_THAT(err(), HasSubstr(wrong + ":2: devices.capp: unknown key; did you mean devices.cap?"));
  EXPECT_THAT(err(), HasSubstr(wrong + ":3: devices.cap: 0 is not allowed"));
  EXPECT_THAT(err(), HasSubstr("2 problems"));
  EXPECT_EQ(run_with({"check", "/nonexistent/policy.toml"}), 1);
}

TEST_F(PolicyCommands, ADifferenceIsClassified) {
  const auto old = file("old.toml", "devices.cap = 3\nnetwork.egress = []\n");
  const auto now =
      file("new.toml", "devices.cap = 4\nnetwork.egress = [\"192.0.2.0/24\"]\nnote = \"x\"\n");
  ASSERT_EQ(run_with({"diff", old, now}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("weakening: devices.cap: 3 -> 4 (signed by provider, tenant)\n"));
  EXPECT_THAT(out(), HasSubstr("weakening, moving trust: network.egress: [] -> "));
  EXPECT_THAT(out(), HasSubstr("neutral: note: "));
  EXPECT_THAT(out(), HasSubstr("as a whole: weakening, moving trust\nwaits for signatures\n"));
  ASSERT_EQ(run_with({"diff", old, old}), 0);
  EXPECT_EQ(out(), "no change\n");
}

TEST_F(PolicyCommands, FactsAreDecidedAndExplained) {
  const auto facts = file("facts.json", R"({
  "device": {"id": "d_1"},
  "network": {"address": "192.0.2.1"},
  "listed": [{"kind": "tor", "list": "exits"}]
})");
  ASSERT_EQ(run_with({"explain", "--policy", "standard", "--facts", facts}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("outcome: refuse"));
  EXPECT_THAT(out(), HasSubstr("network.listed tor"));
  EXPECT_THAT(out(), HasSubstr("Switch it off"));
  ASSERT_EQ(run_with({"explain", "--policy", "standard", "--facts", facts, "--language", "zh"}), 0);
  EXPECT_THAT(out(), HasSubstr("请将其关闭"));
}

TEST_F(PolicyCommands, WrongFactsAreToldWithLines) {
  const auto facts = file("facts.json", "{\n\"device\": {\n\"clas\": \"web\"}}");
  EXPECT_EQ(run_with({"explain", "--policy", "standard", "--facts", facts}), 1);
  EXPECT_THAT(err(), HasSubstr(facts + ":3: device.clas: unknown key; did you mean class?"));
}

TEST_F(PolicyCommands, ATableOfCasesReportsEachDifference) {
  const auto table = file("cases.toml", R"([policy]
base = "strict"
[[case]]
name = "a guest may in"
facts.account.roles = ["guest"]
expect = { outcome = "allow" }
[[case]]
name = "a banned device may not"
facts.device.banned = true
expect = { outcome = "refuse", includes = ["device.banned"] }
)");
  EXPECT_EQ(run_with({"test", table}), 1);
  EXPECT_THAT(out(), HasSubstr(table + ":3: a guest may in\n  outcome: expected allow; is refuse"));
  EXPECT_THAT(out(), HasSubstr("1 passed, 1 failed\n"));
  EXPECT_EQ(run_with({"test", table, "--policy", "open"}), 0) << out() << err();
  EXPECT_THAT(out(), HasSubstr("2 passed, 0 failed\n"));
}

TEST_F(PolicyCommands, PrintedFactsCanBeDecided) {
  ASSERT_EQ(run_with({"facts"}), 0);
  EXPECT_THAT(out(), HasSubstr("\"signed_in_s\": 0"));
  const auto facts = file("facts.json", out());
  EXPECT_EQ(run_with({"explain", "--policy", "standard", "--facts", facts}), 0) << err();
}

TEST_F(PolicyCommands, TheReferenceHasEveryKey) {
  ASSERT_EQ(run_with({"reference"}), 0);
  EXPECT_THAT(out(), HasSubstr("| `devices.cap` |"));
  EXPECT_THAT(out(), Not(HasSubstr("| `devices.capp` |")));
}

}  // namespace
}  // namespace conclave::ctl
