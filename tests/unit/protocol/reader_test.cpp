#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "sdk/protocol/reader.hpp"

namespace conclave::sdk::protocol {
namespace {

namespace json = boost::json;

TEST(Reader, AnIntegerHasNoFractionAndNoExponent) {
  std::uint64_t out = 0;
  Reader reader;
  EXPECT_TRUE(reader.integer(json::parse("7"), 0, 10, out));
  EXPECT_EQ(out, 7U);
  EXPECT_FALSE(reader.integer(json::parse("7.0"), 0, 10, out));
  EXPECT_FALSE(reader.integer(json::parse("7e0"), 0, 10, out));
  EXPECT_FALSE(reader.integer(json::parse("-1"), 0, 10, out));
  EXPECT_FALSE(reader.integer(json::parse("18446744073709551615"), 0, 10, out));
}

TEST(Reader, AFaultNamesThePlaceAsAPointerAndNotTheValue) {
  Reader reader;
  Bytes out;
  ASSERT_FALSE(reader.bytes(json::value("hunter2!"), 4, 8, out));
  reader.at("a/b~c");
  reader.at("0");
  const Fault fault = reader.take();
  EXPECT_EQ(fault.path, "/0/a~1b~0c");
  EXPECT_EQ(fault.expected, "4 to 8 bytes in base64url without padding");
}

TEST(Reader, AnUnknownNameIsCutBeforeItIsEchoed) {
  Reader reader;
  reader.unknown(std::string(1000, 'x'));
  EXPECT_EQ(reader.take().path.size(), 65U);
}

TEST(Checks, AreWhatTheirPatternsSay) {
  EXPECT_TRUE(passes(Check::line, "Grüße 🙂"));
  EXPECT_FALSE(passes(Check::line, "a\nb"));
  EXPECT_FALSE(passes(Check::line, "a\x7f"));
  EXPECT_TRUE(passes(Check::text, "a\n\tb"));
  EXPECT_FALSE(passes(Check::text, std::string_view("a\0b", 3)));
  EXPECT_FALSE(passes(Check::text, "a\rb"));
  EXPECT_TRUE(passes(Check::account, "Ada.Lovelace-1@Example.org"));
  EXPECT_FALSE(passes(Check::account, "ada@example@org"));
  EXPECT_FALSE(passes(Check::account, ".ada@example.org"));
  EXPECT_FALSE(passes(Check::account, "ada"));
  EXPECT_TRUE(passes(Check::state_key, "draft.r_0000000000001"));
  EXPECT_FALSE(passes(Check::state_key, "draft."));
  EXPECT_FALSE(passes(Check::state_key, "presence.watch"));
  EXPECT_FALSE(passes(Check::platform, "Linux"));
}

}  // namespace
}  // namespace conclave::sdk::protocol
