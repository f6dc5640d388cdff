#include "sdk/client/home.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

class HomeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/conclave-home-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static unsigned mode(const std::filesystem::path& path) {
    struct stat found {};
    EXPECT_EQ(stat(path.c_str(), &found), 0);
    return found.st_mode & 0777U;
  }

  static DeviceRecord record() {
    DeviceRecord out;
    out.server = "wss://host:1";
    out.authority_pem = "pem";
    out.key_pem = "secret";
    out.identity = {"ada@example.org", UserId{2}, TenantId{1}, DeviceId{3}};
    return out;
  }

  std::filesystem::path folder_;
};

TEST_F(HomeTest, KeepsDeviceAndProgressForNobodyElse) {
  {
    const auto home = Home::open(folder_ / "device");
    ASSERT_TRUE(home.has_value());
    EXPECT_FALSE(home->load_device()->has_value());
    ASSERT_TRUE(home->save_device(record()).has_value());
    Progress progress{"c1-9", 5, {{"r", 3}}, {json::object{{"method", "message.send"}}}};
    ASSERT_TRUE(home->save_progress(progress).has_value());
  }
  const auto home = Home::open(folder_ / "device");
  ASSERT_TRUE(home.has_value());
  const auto device = home->load_device();
  ASSERT_TRUE(device.has_value() && device->has_value());
  EXPECT_EQ((*device)->identity.account, "ada@example.org");
  EXPECT_EQ((*device)->identity.device, DeviceId{3});
  EXPECT_EQ((*device)->key_pem, "secret");
  const auto progress = home->load_progress();
  ASSERT_TRUE(progress.has_value());
  EXPECT_EQ(progress->cursor, "c1-9");
  EXPECT_EQ(progress->next_client_id, 5);
  EXPECT_EQ(progress->heads.at("r"), 3);
  EXPECT_EQ(progress->outbox.size(), 1U);
  EXPECT_EQ(mode(folder_ / "device"), 0700U);
  EXPECT_EQ(mode(folder_ / "device" / "device.json"), 0600U);
  EXPECT_EQ(mode(folder_ / "device" / "state.json"), 0600U);
}

TEST_F(HomeTest, OneProgramAtATime) {
  const auto home = Home::open(folder_);
  ASSERT_TRUE(home.has_value());
  const auto second = Home::open(folder_);
  ASSERT_FALSE(second.has_value());
  EXPECT_TRUE(second.error().is(kHomeBusy));
}

TEST_F(HomeTest, RefusesAFolderThatOthersCanWriteTo) {
  ASSERT_EQ(chmod(folder_.c_str(), 0777), 0);
  const auto home = Home::open(folder_);
  ASSERT_FALSE(home.has_value());
  EXPECT_TRUE(home.error().is(kHomeUnusable));
}

TEST_F(HomeTest, SaysWhatIsDamagedOrNewer) {
  const auto home = Home::open(folder_);
  ASSERT_TRUE(home.has_value());
  std::ofstream(folder_ / "device.json") << "{";
  EXPECT_TRUE(home->load_device().error().is(kHomeUnusable));
  std::ofstream(folder_ / "device.json") << R"({"version":99})";
  EXPECT_TRUE(home->load_device().error().is(kHomeNewer));
}

TEST_F(HomeTest, AWipeLeavesKeyAndOrderUntilTheEnd) {
  const auto home = Home::open(folder_ / "device");
  ASSERT_TRUE(home.has_value());
  ASSERT_TRUE(home->save_device(record()).has_value());
  ASSERT_TRUE(home->save_progress({"c1-9", 5, {{"r", 3}}, {}}).has_value());
  std::ofstream(folder_ / "device" / "order.json") << R"({"version":1})";
  std::ofstream(folder_ / "device" / "cache") << std::string(40'000, 'x');
  std::filesystem::create_symlink("/etc/passwd", folder_ / "device" / "link");
  // Another name for the same blocks shows that they were overwritten.
  std::filesystem::create_hard_link(folder_ / "device" / "cache", folder_ / "blocks");
  const auto report = home->wipe(false);
  EXPECT_EQ(report.removed, 3U);
  EXPECT_EQ(report.overwritten, 2U);
  EXPECT_EQ(report.failed, 0U);
  std::ifstream blocks(folder_ / "blocks");
  const std::string seen{std::istreambuf_iterator<char>(blocks), {}};
  EXPECT_EQ(seen, std::string(40'000, '\0'));
  EXPECT_TRUE(std::filesystem::exists("/etc/passwd"));
  EXPECT_TRUE(home->load_device()->has_value());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "device" / "state.json"));
  EXPECT_EQ(home->wipe(true).removed, 2U);
  EXPECT_FALSE(home->load_device()->has_value());
  EXPECT_NE(to_text(report).find("2 of them overwritten"), std::string::npos);
}

TEST_F(HomeTest, ADamagedOrderIsTold) {
  const auto home = Home::open(folder_ / "device");
  ASSERT_TRUE(home.has_value());
  EXPECT_FALSE(home->load_order()->has_value());
  std::ofstream(folder_ / "device" / "order.json") << R"({"version":1})";
  EXPECT_FALSE(home->load_order().has_value());
}

}  // namespace
}  // namespace conclave::client
