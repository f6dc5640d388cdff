#include "runtime/network/proxy_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/network/errors.hpp"

namespace conclave::network {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

Bytes header(std::uint8_t command, std::uint8_t family, ByteView body) {
  base::ByteWriter out;
  out.raw(kSignature).u8(command).u8(family).u16(static_cast<std::uint16_t>(body.size()));
  return out.raw(body).take();
}

Bytes ipv4_body() {
  base::ByteWriter out;
  return out.u32(0xc0000201).u32(0xc6336401).u16(51'000).u16(443).take();
}

Bytes with_tlv(Bytes body, std::uint8_t type, ByteView value) {
  base::ByteWriter out;
  out.raw(body).u8(type).u16(static_cast<std::uint16_t>(value.size())).raw(value);
  return out.take();
}

std::string refusal(const Bytes& bytes) {
  const auto parsed = parse_proxy_header(bytes);
  EXPECT_FALSE(parsed);
  if (parsed) return "";
  EXPECT_TRUE(parsed.error().is(kProxyHeader));
  return parsed.error().detail();
}

TEST(ProxyProtocol, reads_ipv4) {
  Bytes bytes = header(0x21, 0x11, ipv4_body());
  const std::size_t size = bytes.size();
  bytes.push_back('G');
  const auto parsed = parse_proxy_header(bytes);
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_FALSE((*parsed)->local);
  EXPECT_EQ((*parsed)->source.text(), "192.0.2.1");
  EXPECT_EQ((*parsed)->source_port, 51'000);
  EXPECT_EQ((*parsed)->destination.text(), "198.51.100.1");
  EXPECT_EQ((*parsed)->destination_port, 443);
  EXPECT_EQ((*parsed)->size, size) << "what follows is the connection's own";
}

TEST(ProxyProtocol, reads_ipv6) {
  base::ByteWriter body;
  body.raw(Address::parse("2001:db8::7")->octets()).raw(Address::parse("2001:db8::8")->octets());
  body.u16(1).u16(2);
  const auto parsed = parse_proxy_header(header(0x21, 0x21, body.bytes()));
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->source.text(), "2001:db8::7");
  EXPECT_EQ((*parsed)->destination_port, 2);
}

TEST(ProxyProtocol, every_cut_needs_more_bytes) {
  const Bytes bytes = header(0x21, 0x11, with_tlv(ipv4_body(), 0xe0, base::as_bytes("abc")));
  for (std::size_t keep = 0; keep < bytes.size(); ++keep) {
    const auto parsed = parse_proxy_header(ByteView(bytes).first(keep));
    ASSERT_TRUE(parsed) << keep;
    EXPECT_FALSE(*parsed) << keep;
  }
  EXPECT_TRUE(*parse_proxy_header(bytes));
}

TEST(ProxyProtocol, of_a_local_command_the_rest_is_left_out) {
  const auto parsed = parse_proxy_header(header(0x20, 0x00, base::as_bytes("whatever")));
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_TRUE((*parsed)->local);
  EXPECT_EQ((*parsed)->size, 24U);
}

TEST(ProxyProtocol, refuses_at_the_first_byte_that_does_not_fit) {
  EXPECT_THAT(refusal(base::to_bytes("G")), HasSubstr("signature"));
  EXPECT_THAT(refusal(base::to_bytes("\r\n\r\nG")), HasSubstr("signature"));
  EXPECT_THAT(refusal(base::to_bytes("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n")),
              HasSubstr("signature"));
}

TEST(ProxyProtocol, refuses_what_may_not_be_on_a_tcp_listener) {
  EXPECT_THAT(refusal(header(0x11, 0x11, ipv4_body())), HasSubstr("version"));
  EXPECT_THAT(refusal(header(0x31, 0x11, ipv4_body())), HasSubstr("version"));
  EXPECT_THAT(refusal(header(0x22, 0x11, ipv4_body())), HasSubstr("command"));
  for (int family : {0x00, 0x10, 0x12, 0x20, 0x22, 0x31, 0x32, 0x41, 0x13, 0xff}) {
    EXPECT_THAT(refusal(header(0x21, static_cast<std::uint8_t>(family), Bytes(216))),
                HasSubstr("TCP"))
        << family;
  }
  EXPECT_THAT(refusal(header(0x21, 0x11, Bytes(11))), HasSubstr("too short"));
  EXPECT_THAT(refusal(header(0x21, 0x21, Bytes(35))), HasSubstr("too short"));
}

TEST(ProxyProtocol, refuses_endless_headers_before_reading_them) {
  Bytes bytes = header(0x21, 0x11, {});
  bytes[14] = 0xff;
  bytes[15] = 0xff;
  EXPECT_THAT(refusal(bytes), HasSubstr("4,096"));
}

TEST(ProxyProtocol, tlvs_fill_the_rest_exactly) {
  Bytes cut = ipv4_body();
  cut.push_back(0x04);
  EXPECT_THAT(refusal(header(0x21, 0x11, cut)), HasSubstr("cut TLV"));
  Bytes longer = with_tlv(ipv4_body(), 0x04, Bytes(3));
  longer[longer.size() - 4] = 9;
  EXPECT_THAT(refusal(header(0x21, 0x11, longer)), HasSubstr("longer"));
  EXPECT_TRUE(parse_proxy_header(header(0x21, 0x11, with_tlv(ipv4_body(), 0x04, {}))));
}

TEST(ProxyProtocol, knows_the_checksum_of_the_standard) {
  EXPECT_EQ(crc32c(base::as_bytes("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(Bytes(32)), 0x8a9136aaU) << "RFC 3720, B.4";
}

TEST(ProxyProtocol, a_checksum_must_hold_where_one_is_given) {
  Bytes bytes = header(0x21, 0x11, with_tlv(ipv4_body(), 0x03, Bytes(4)));
  const std::uint32_t crc = crc32c(bytes);
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[bytes.size() - 4 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
  }
  EXPECT_TRUE(parse_proxy_header(bytes));
  bytes[16] ^= 1;
  EXPECT_THAT(refusal(bytes), HasSubstr("wrong CRC32c"));
  EXPECT_THAT(refusal(header(0x21, 0x11, with_tlv(ipv4_body(), 0x03, Bytes(3)))),
              HasSubstr("malformed CRC32c"));
}

}  // namespace
}  // namespace conclave::network
