#include "hsm/keyring/sealed_blob.hpp"

#include "hsm/api/errors.hpp"
#include "runtime/base/random.hpp"

namespace conclave::hsm::keyring {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kContentClass = 3;  // after ParentKind's two

base::ByteWriter begin_aad(std::uint8_t key_class, TenantId tenant) {
  base::ByteWriter out(72);
  out.raw("CVK1").u8(key_class).u64(tenant.value);
  return out;
}

}  // namespace

Bytes parent_aad(const ParentName& name, std::uint32_t epoch) {
  auto out = begin_aad(static_cast<std::uint8_t>(name.kind), name.tenant);
  // Key ids have one width; a parent's parents are kek and ek, which tenant and epoch name.
  out.u64(0).u64(name.id).u32(name.generation).u64(0).u64(0).u32(epoch);
  return out.take();
}

Bytes content_aad(TenantId tenant, const api::KeyId& id, std::uint32_t generation, RoomId room,
                  UserId author) {
  auto out = begin_aad(kContentClass, tenant);
  // A content key outlives epochs: only its parents are re-sealed.
  out.raw(id).u32(generation).u64(room.value).u64(author.value).u32(0);
  return out.take();
}

Result<Bytes> seal_blob(pkcs11::Token& token, pkcs11::KeyHandle key, ByteView aad,
                        ByteView wrapped) {
  Bytes blob;
  blob.reserve(1 + api::kNonceSize + wrapped.size() + api::kTagSize);
  blob.push_back(kVersion);
  blob.resize(1 + api::kNonceSize);
  base::system_random().fill(std::span(blob).subspan(1));
  const Bytes nonce(blob.begin() + 1, blob.end());
  CONCLAVE_TRY(token.gcm_encrypt(key, nonce, aad, wrapped, blob));
  return blob;
}

Result<Bytes> open_blob(pkcs11::Token& token, pkcs11::KeyHandle key, ByteView aad, ByteView blob) {
  if (blob.size() < 1 + api::kNonceSize + api::kTagSize || blob.front() != kVersion) {
    return fail(api::kSealBroken, "wrapped key: form");
  }
  Bytes wrapped;
  CONCLAVE_TRY(token.gcm_decrypt(key, blob.subspan(1, api::kNonceSize), aad,
                                 blob.subspan(1 + api::kNonceSize), wrapped));
  return wrapped;
}

}  // namespace conclave::hsm::keyring
