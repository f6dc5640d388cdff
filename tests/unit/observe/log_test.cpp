#include "runtime/observe/log.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <type_traits>

#include "runtime/base/secret.hpp"

namespace conclave::observe {
namespace {

static_assert(!std::is_constructible_v<Field, std::string_view, base::Secret>);

boost::json::object last_line(const std::string& text) {
  const std::size_t end = text.find_last_of('\n');
  const std::size_t start = text.find_last_of('\n', end - 1);
  return boost::json::parse(text.substr(start == std::string::npos ? 0 : start + 1)).as_object();
}

TEST(Log, writes_one_json_object_with_typed_fields_and_place) {
  testing::internal::CaptureStderr();
  start_log("test", LogLevel::info);
  warn("thing.happened", {{"room", RoomId{7}}, {"count", 3}, {"ok", false}, {"text", "a\n\"b\""}});
  const auto line = last_line(testing::internal::GetCapturedStderr());
  EXPECT_EQ(line.at("event"), "thing.happened");
  EXPECT_EQ(line.at("level"), "warning");
  EXPECT_EQ(line.at("process"), "test");
  EXPECT_EQ(line.at("room").as_string(), base::to_text(RoomId{7}));
  EXPECT_EQ(line.at("count"), 3);
  EXPECT_EQ(line.at("ok"), false);
  EXPECT_EQ(line.at("text"), "a\n\"b\"");
  EXPECT_EQ(line.at("file"), "log_test.cpp");
  EXPECT_GT(line.at("line").to_number<int>(), 0);
}

TEST(Log, leaves_out_what_is_below_its_level) {
  testing::internal::CaptureStderr();
  start_log("test", LogLevel::warning);
  info("quiet.event");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace conclave::observe
