#pragma once

#include "hsm/api/segment.hpp"
#include "hsm/keyring/keyring_file.hpp"
#include "hsm/pkcs11/token.hpp"

// The outer layer of a wrapped key: version u8 | nonce 12 | GCM(cipher text | tag).
namespace conclave::hsm::keyring {

// What the keys contract, K2, binds a blob to; one for each class of key.
[[nodiscard]] Bytes parent_aad(const ParentName& name, std::uint32_t epoch);
[[nodiscard]] Bytes content_aad(TenantId tenant, const api::KeyId& id, std::uint32_t generation,
                                RoomId room, UserId author);

[[nodiscard]] Result<Bytes> seal_blob(pkcs11::Token& token, pkcs11::KeyHandle key, ByteView aad,
                                      ByteView wrapped);
// kSealBroken when version, bytes or AAD are not what was sealed.
[[nodiscard]] Result<Bytes> open_blob(pkcs11::Token& token, pkcs11::KeyHandle key, ByteView aad,
                                      ByteView blob);

}  // namespace conclave::hsm::keyring
