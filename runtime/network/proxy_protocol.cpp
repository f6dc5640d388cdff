#include "runtime/network/proxy_protocol.hpp"

#include <algorithm>
#include <array>

#include "runtime/network/errors.hpp"

namespace conclave::network {
namespace {

constexpr std::array<std::uint8_t, 12> kSignature{0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                  0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::uint8_t kVersion = 0x20;
constexpr std::uint8_t kLocal = 0x0;
constexpr std::uint8_t kProxy = 0x1;
constexpr std::uint8_t kTcpOverIpv4 = 0x11;
constexpr std::uint8_t kTcpOverIpv6 = 0x21;
constexpr std::uint8_t kTypeCrc32c = 0x03;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kPrefixOfTlv = 3;  // type and length

constexpr auto kCrcTable = [] {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1U ^ ((value & 1U) != 0 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}();

std::uint32_t crc_step(std::uint32_t state, std::uint8_t byte) {
  return state >> 8U ^ kCrcTable[(state ^ byte) & 0xffU];
}

std::unexpected<Error> refused(std::string why) {
  return fail(kProxyHeader, std::move(why));
}

Address read_address(base::ByteReader& in, bool v4) {
  if (v4) return Address::v4(in.u32());
  Address::Octets octets{};
  std::ranges::copy(in.raw(octets.size()), octets.begin());
  return Address(octets);
}

// The checksum covers the whole header with its own four bytes as zeros.
bool crc_holds(ByteView header, std::size_t at) {
  std::uint32_t state = UINT32_MAX;
  std::uint32_t given = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool own = i >= at && i < at + kCrcBytes;
    if (own) given = given << 8U | header[i];
    state = crc_step(state, own ? 0 : header[i]);
  }
  return given == (state ^ UINT32_MAX);
}

// TLVs fill the rest exactly; what they say besides a checksum is of no use here.
Result<void> check_tlvs(ByteView header, std::size_t at) {
  bool checked = false;
  while (at < header.size()) {
    if (header.size() - at < kPrefixOfTlv) return refused("a cut TLV");
    const std::uint8_t type = header[at];
    const std::size_t length = static_cast<std::size_t>(header[at + 1]) << 8U | header[at + 2];
    at += kPrefixOfTlv;
    if (length > header.size() - at) return refused("a TLV longer than the header");
    if (type == kTypeCrc32c) {
      if (length != kCrcBytes || checked) return refused("a malformed CRC32c");
      if (!crc_holds(header, at)) return refused("a wrong CRC32c");
      checked = true;
    }
    at += length;
  }
  return {};
}

}  // namespace

std::uint32_t crc32c(ByteView bytes) {
  std::uint32_t state = UINT32_MAX;
  for (std::uint8_t byte : bytes) state = crc_step(state, byte);
  return state ^ UINT32_MAX;
}

Result<std::optional<ProxyHeader>> parse_proxy_header(ByteView bytes) {
  const std::size_t compared = std::min(bytes.size(), kSignature.size());
  if (!std::equal(kSignature.begin(), kSignature.begin() + compared, bytes.begin()))
    return refused("no signature");
  if (bytes.size() < kProxyHeadBytes) return std::nullopt;

  base::ByteReader in(bytes);
  in.raw(kSignature.size());
  const std::uint8_t version_and_command = in.u8();
  const std::uint8_t family = in.u8();
  const std::size_t length = in.u16();
  const std::uint8_t command = version_and_command & 0x0fU;
  if ((version_and_command & 0xf0U) != kVersion) return refused("not version 2");
  if (command != kLocal && command != kProxy) return refused("an unknown command");
  if (kProxyHeadBytes + length > kMostProxyBytes) return refused("longer than 4,096 bytes");

  ProxyHeader header;
  header.size = kProxyHeadBytes + length;
  header.local = command == kLocal;
  const bool v4 = family == kTcpOverIpv4;
  // Of LOCAL the receiver "must discard the protocol block including the family".
  if (!header.local && !v4 && family != kTcpOverIpv6)
    return refused("neither TCP over IPv4 nor IPv6");
  const std::size_t addresses = v4 ? 12 : 36;
  if (!header.local && length < addresses) return refused("too short for its addresses");
  if (bytes.size() < header.size) return std::nullopt;
  if (header.local) return header;

  header.source = read_address(in, v4);
  header.destination = read_address(in, v4);
  header.source_port = in.u16();
  header.destination_port = in.u16();
  CONCLAVE_TRY(check_tlvs(bytes.first(header.size), kProxyHeadBytes + addresses));
  return header;
}

}  // namespace conclave::network
