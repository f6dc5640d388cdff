#include "runtime/factors/cbor.hpp"

#include <gtest/gtest.h>

#include "runtime/base/encoding.hpp"
#include "runtime/factors/errors.hpp"

namespace conclave::factors {
namespace {

Bytes hex(std::string_view text) {
  return base::hex_decode(text).value();
}

// RFC 8949, appendix A: the examples of the subset.
TEST(Cbor, ReadsIntegers) {
  struct Case {
    const char* bytes;
    std::int64_t value;
  };
  for (const Case& each : {Case{"00", 0},
                           {"17", 23},
                           {"1818", 24},
                           {"1903e8", 1000},
                           {"1a000f4240", 1'000'000},
                           {"1b000000e8d4a51000", 1'000'000'000'000},
                           {"1b7fffffffffffffff", 9'223'372'036'854'775'807},
                           {"20", -1},
                           {"3863", -100},
                           {"3903e7", -1000},
                           {"390100", -257}}) {
    const Bytes bytes = hex(each.bytes);
    const auto item = parse_cbor(bytes);
    ASSERT_TRUE(item) << each.bytes;
    ASSERT_NE(item->as<std::int64_t>(), nullptr) << each.bytes;
    EXPECT_EQ(*item->as<std::int64_t>(), each.value);
  }
}

TEST(Cbor, ReadsMapsByTheirKeys) {
  // {"fmt": "none", 3: -7, -1: h'0102', "list": [true, null]}
  const Bytes bytes = hex("a463666d74646e6f6e65032620420102646c69737482f5f6");
  const auto item = parse_cbor(bytes);
  ASSERT_TRUE(item) << item.error().text();
  EXPECT_EQ(*item->find("fmt")->as<std::string_view>(), "none");
  EXPECT_EQ(*item->find(3)->as<std::int64_t>(), -7);
  EXPECT_EQ(item->find(-1)->as<ByteView>()->size(), 2U);
  const auto* list = item->find("list")->as<Cbor::Array>();
  ASSERT_NE(list, nullptr);
  EXPECT_TRUE(*list->at(0).as<bool>());
  EXPECT_NE(list->at(1).as<std::monostate>(), nullptr);
  EXPECT_EQ(item->find(4), nullptr);
  EXPECT_EQ(item->find("none"), nullptr);
  EXPECT_EQ(list->at(0).find(1), nullptr) << "of what is no map there are no members";
}

TEST(Cbor, RefusesWhatIsOutsideTheSubset) {
  struct Case {
    const char* bytes;
    const char* what;
  };
  for (const Case& each : {Case{"", "nothing"},
                           {"18", "cut short"},
                           {"1817", "23 in two bytes"},
                           {"190017", "23 in three bytes"},
                           {"1a0000ffff", "65,535 in five bytes"},
                           {"1b00000000ffffffff", "2^32-1 in nine bytes"},
                           {"1bffffffffffffffff", "above 2^63"},
                           {"3bffffffffffffffff", "below -2^63"},
                           {"1c", "reserved length"},
                           {"5f41014102ff", "indefinite bytes"},
                           {"7f6161ff", "indefinite text"},
                           {"9f01ff", "indefinite list"},
                           {"bf6161f5ff", "indefinite map"},
                           {"f97e00", "half float"},
                           {"fb3ff199999999999a", "double"},
                           {"f7", "undefined"},
                           {"f0", "simple value"},
                           {"c001", "tag"},
                           {"430102", "cut bytes"},
                           {"61ff", "text that is not UTF-8"},
                           {"a20102", "cut map"},
                           {"a201020103", "key twice"},
                           {"a2616101616102", "text key twice"},
                           {"a1f501", "boolean key"},
                           {"a1410102", "bytes as a key"},
                           {"a18001", "list as a key"},
                           {"0000", "two items"},
                           {"81818181818101", "too deep"},
                           {"9b00000000ffffffff", "list of 2^32"},
                           {"5affffffff", "bytes of 4 GiB"}}) {
    const Bytes bytes = hex(each.bytes);
    const auto item = parse_cbor(bytes);
    ASSERT_FALSE(item) << each.what;
    EXPECT_TRUE(item.error().is(kWebAuthnMalformed)) << each.what;
  }
}

TEST(Cbor, TellsWhereAnItemEnds) {
  const Bytes bytes = hex("a1010243aabbcc");
  const auto item = parse_cbor_prefix(bytes);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->size, 3U);
  EXPECT_FALSE(parse_cbor(bytes));
}

TEST(Cbor, TakesNoMoreItemsThanItSays) {
  Bytes bytes = hex("98ff");  // 255 items and the list itself
  bytes.resize(2 + 255, 0x01);
  EXPECT_TRUE(parse_cbor(bytes));
  bytes = hex("990100");
  bytes.resize(3 + 256, 0x01);
  EXPECT_FALSE(parse_cbor(bytes));
}

}  // namespace
}  // namespace conclave::factors
