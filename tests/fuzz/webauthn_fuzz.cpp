#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "runtime/factors/cbor.hpp"
#include "runtime/factors/errors.hpp"
#include "runtime/factors/webauthn.hpp"

namespace conclave::factors {
namespace {

void head(base::ByteWriter& out, unsigned major, std::uint64_t value) {
  const auto first = static_cast<std::uint8_t>(major << 5U);
  if (value < 24) {
    out.u8(static_cast<std::uint8_t>(first | value));
  } else if (value < 0x100) {
    out.u8(first | 24U).u8(static_cast<std::uint8_t>(value));
  } else if (value < 0x10000) {
    out.u8(first | 25U).u16(static_cast<std::uint16_t>(value));
  } else if (value < 0x100000000) {
    out.u8(first | 26U).u32(static_cast<std::uint32_t>(value));
  } else {
    out.u8(first | 27U).u64(value);
  }
}

void write(base::ByteWriter& out, const Cbor& item) {
  if (const auto* flag = item.as<bool>()) {
    out.u8(*flag ? 0xf5 : 0xf4);
  } else if (const auto* number = item.as<std::int64_t>()) {
    const bool negative = *number < 0;
    head(out, negative ? 1 : 0, static_cast<std::uint64_t>(negative ? -1 - *number : *number));
  } else if (const auto* bytes = item.as<ByteView>()) {
    head(out, 2, bytes->size());
    out.raw(*bytes);
  } else if (const auto* text = item.as<std::string_view>()) {
    head(out, 3, text->size());
    out.raw(*text);
  } else if (const auto* list = item.as<Cbor::Array>()) {
    head(out, 4, list->size());
    for (const Cbor& each : *list) write(out, each);
  } else if (const auto* map = item.as<Cbor::Map>()) {
    head(out, 5, map->size());
    for (const auto& [key, value] : *map) {
      write(out, key);
      write(out, value);
    }
  } else {
    out.u8(0xf6);
  }
}

const RelyingParty kParty{"localhost", {"http://localhost:18743"}, false};

// An attestation object, and client data that answers the challenge in it.
void try_registration(ByteView client_data, ByteView attestation) {
  const auto challenge = claimed_challenge(client_data);
  const Registration given{{client_data.begin(), client_data.end()},
                           {attestation.begin(), attestation.end()}};
  const auto made = verify_registration(kParty, challenge.value_or(Bytes(32)), given);
  if (!made) {
    if (!made.error().is(kWebAuthnMalformed) && !made.error().is(kWebAuthnRefused)) std::abort();
    return;
  }
  // What is accepted can be used: its key parses again.
  if (made->credential.empty() || !parse_credential_key(made->cose)) std::abort();
}

// First byte: 0 CBOR, 1 authenticator data, 2 client data, else a registration whose client data
// has the length of the next two bytes. CBOR that is accepted is written again as the same bytes,
// since the reader takes one form only.
int try_one(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0]) {
    case 0: {
      const auto parsed = parse_cbor_prefix(bytes);
      if (!parsed) return 0;
      base::ByteWriter again;
      write(again, parsed->item);
      if (!std::ranges::equal(again.bytes(), bytes.first(parsed->size))) std::abort();
      return 0;
    }
    case 1: {
      const auto parsed = parse_authenticator_data(bytes);
      if (parsed && parsed->backed_up && !parsed->backup_eligible) std::abort();
      return 0;
    }
    case 2: {
      const auto challenge = claimed_challenge(bytes);
      if (!challenge && !challenge.error().is(kWebAuthnMalformed)) std::abort();
      return 0;
    }
    default: {
      base::ByteReader in(bytes);
      const std::size_t length = std::min<std::size_t>(in.u16(), in.remaining());
      const ByteView client_data = in.raw(length);
      if (in.ok()) try_registration(client_data, in.raw(in.remaining()));
      return 0;
    }
  }
}

}  // namespace
}  // namespace conclave::factors

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return conclave::factors::try_one(data, size);
}
