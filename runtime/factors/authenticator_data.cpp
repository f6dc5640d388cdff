#include "runtime/factors/authenticator_data.hpp"

#include <algorithm>

#include "runtime/factors/errors.hpp"

namespace conclave::factors {

namespace {

enum Flag : std::uint8_t {
  kUserPresent = 0x01,
  kUserVerified = 0x04,
  kBackupEligible = 0x08,
  kBackedUp = 0x10,
  kHasCredential = 0x40,
  kHasExtensions = 0x80,
};
constexpr std::size_t kHead = 37;                 // hash, flags, counter
constexpr std::size_t kMostCredentialId = 1'023;  // WebAuthn, 5.8.3

Result<AttestedCredential> read_credential(base::ByteReader& in, ByteView bytes) {
  AttestedCredential out;
  const ByteView aaguid = in.raw(out.aaguid.size());
  const std::size_t length = in.u16();
  if (!in.ok() || length == 0 || length > kMostCredentialId || length > in.remaining()) {
    return fail(kWebAuthnMalformed, "credential id");
  }
  std::ranges::copy(aaguid, out.aaguid.begin());
  const ByteView id = in.raw(length);
  out.id.assign(id.begin(), id.end());
  const auto item = parse_cbor_prefix(bytes.last(in.remaining()));
  if (!item) return std::unexpected(item.error());
  const ByteView cose = in.raw(item->size);
  auto key = parse_credential_key(cose);
  if (!key) return std::unexpected(key.error());
  out.cose.assign(cose.begin(), cose.end());
  out.key = std::move(*key);
  return out;
}

}  // namespace

Result<AuthenticatorData> parse_authenticator_data(ByteView bytes) {
  if (bytes.size() < kHead) return fail(kWebAuthnMalformed, "authenticator data cut short");
  base::ByteReader in(bytes);
  AuthenticatorData out;
  std::ranges::copy(in.raw(out.rp_id_hash.size()), out.rp_id_hash.begin());
  const std::uint8_t flags = in.u8();
  out.sign_count = in.u32();
  out.user_present = (flags & kUserPresent) != 0;
  out.user_verified = (flags & kUserVerified) != 0;
  out.backup_eligible = (flags & kBackupEligible) != 0;
  out.backed_up = (flags & kBackedUp) != 0;
  if (out.backed_up && !out.backup_eligible) {
    return fail(kWebAuthnMalformed, "backed up without being eligible");
  }
  if ((flags & kHasCredential) != 0) {
    auto credential = read_credential(in, bytes);
    if (!credential) return std::unexpected(credential.error());
    out.credential = std::move(*credential);
  }
  if ((flags & kHasExtensions) != 0) {
    const auto item = parse_cbor_prefix(bytes.last(in.remaining()));
    if (!item) return std::unexpected(item.error());
    if (item->item.as<Cbor::Map>() == nullptr) return fail(kWebAuthnMalformed, "extensions");
    in.raw(item->size);
  }
  if (!in.done()) return fail(kWebAuthnMalformed, "bytes after the authenticator data");
  return out;
}

}  // namespace conclave::factors
