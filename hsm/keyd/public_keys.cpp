#include "hsm/keyd/public_keys.hpp"

#include "runtime/base/encoding.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::size_t kKeyIdDigits = 16;
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kInteger = 0x02;

// An unsigned big-endian number as DER INTEGER: shortest form, positive.
void add_integer(Bytes& out, ByteView number) {
  while (number.size() > 1 && number.front() == 0) number = number.subspan(1);
  const bool pad = (number.front() & 0x80U) != 0;
  out.push_back(kInteger);
  out.push_back(static_cast<std::uint8_t>(number.size() + (pad ? 1 : 0)));
  if (pad) out.push_back(0);
  out.insert(out.end(), number.begin(), number.end());
}

}  // namespace

Result<api::PublicKey> published_key(pkcs11::Token& token, std::string_view label) {
  auto spki = token.public_key(label);
  if (!spki) return std::unexpected(std::move(spki).error());
  api::PublicKey out;
  out.key_id = base::hex_encode(base::sha256(*spki)).substr(0, kKeyIdDigits);
  out.spki = std::move(*spki);
  return out;
}

Bytes der_signature(ByteView r_and_s) {
  Bytes body;
  body.reserve(r_and_s.size() + 8);
  add_integer(body, r_and_s.first(r_and_s.size() / 2));
  add_integer(body, r_and_s.subspan(r_and_s.size() / 2));
  Bytes out = {kSequence, static_cast<std::uint8_t>(body.size())};
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

}  // namespace conclave::hsm::keyd
