#include "runtime/ctl/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "runtime/ctl/command_line.hpp"
#include "tests/unit/ctl/scratch.hpp"

namespace conclave::ctl {
namespace {

using ::testing::HasSubstr;

const Finding* find(const Findings& findings, const std::string& name) {
  const auto found = std::ranges::find(findings, name, &Finding::name);
  return found == findings.end() ? nullptr : &*found;
}

class DoctorTest : public ::testing::Test {
 protected:
  testing::Scratch scratch;
  config::Config config;
  config::StatePaths paths{scratch.path()};

  DoctorTest() {
    config.state = scratch.path();
    config.keyd.module = scratch.write("module.so", "");
    for (const auto& folder : {paths.token_dir, paths.keyring_dir, paths.content_dir}) {
      std::filesystem::create_directories(folder);
      std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    }
    scratch.write("token/pin", "secret");
  }
};

TEST_F(DoctorTest, AMissingPinIsNamedWithItsRemedy) {
  EXPECT_EQ(find(check_token(config, paths), "PIN")->health, Health::good);
  std::filesystem::remove(paths.pin);
  const Findings findings = check_token(config, paths);
  const Finding* pin = find(findings, "PIN");
  EXPECT_EQ(pin->health, Health::bad);
  EXPECT_THAT(pin->mend, HasSubstr("user PIN"));
}

TEST_F(DoctorTest, APinThatOthersCanReadIsBad) {
  std::filesystem::permissions(
      paths.pin, std::filesystem::perms::owner_read | std::filesystem::perms::others_read);
  const Findings findings = check_token(config, paths);
  EXPECT_EQ(find(findings, "PIN")->health, Health::bad);
  EXPECT_THAT(find(findings, "PIN")->mend, HasSubstr("chmod 600"));
}

TEST_F(DoctorTest, ARefusedPinIsToldWithTheWayOut) {
  EXPECT_EQ(find(check_token(config, paths), "PIN refused"), nullptr);
  scratch.write("keyring/pin-refused", "");
  EXPECT_THAT(find(check_token(config, paths), "PIN refused")->mend, HasSubstr("clear-refusal"));
}

TEST_F(DoctorTest, AMissingModuleIsNamed) {
  config.keyd.module = "/nowhere/libpkcs11.so";
  const Findings findings = check_token(config, paths);
  EXPECT_EQ(find(findings, "token module")->health, Health::bad);
  EXPECT_THAT(find(findings, "token module")->found, HasSubstr("/nowhere/libpkcs11.so"));
}

TEST_F(DoctorTest, AFolderOpenToOthersIsBad) {
  EXPECT_EQ(find(check_state(paths), "content folder")->health, Health::good);
  std::filesystem::permissions(paths.content_dir, std::filesystem::perms::all);
  EXPECT_EQ(find(check_state(paths), "content folder")->health, Health::bad);
}

TEST_F(DoctorTest, ThatNobodySetItUpYetIsTold) {
  scratch.write("run/setup", "x");
  EXPECT_THAT(find(check_state(paths), "first admin")->mend, HasSubstr("conclavectl setup"));
}

TEST_F(DoctorTest, AStoppedServerIsBadAndItsPortIsLookedAt) {
  config.listen = {{"127.0.0.1", 0, true}};
  const Findings findings = check_processes(config, paths);
  EXPECT_EQ(find(findings, "server")->health, Health::bad);
  EXPECT_EQ(find(findings, "port 0")->health, Health::good);
}

TEST_F(DoctorTest, TheDiskIsTriedAndNothingStaysBehind) {
  const Findings findings = check_machine(config, paths);
  EXPECT_NE(find(findings, "disk speed")->health, Health::bad);
  EXPECT_TRUE(std::filesystem::is_empty(paths.content_dir));
  EXPECT_NE(find(findings, "free space"), nullptr);
  EXPECT_NE(find(findings, "clock"), nullptr);
  EXPECT_NE(find(findings, "open files"), nullptr);
  EXPECT_NE(find(findings, "fences"), nullptr);
}

TEST_F(DoctorTest, ABrokenConfigurationIsShownWithItsLineAndStatus1) {
  const auto file = scratch.write("conclave.toml", "[limits]\nframe_byte = 5\n");
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run({"--json", "doctor", "--config", file.string()}, out, err), 1);
  EXPECT_THAT(out.str(), HasSubstr("limits.frame_byte"));
}

}  // namespace
}  // namespace conclave::ctl
