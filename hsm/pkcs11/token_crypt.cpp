#include <algorithm>
#include <array>

#include "hsm/api/errors.hpp"
#include "hsm/pkcs11/session.hpp"

// Using keys. The first function is the hot path of the whole server.
namespace conclave::hsm::pkcs11 {
namespace {

constexpr std::size_t kTag = 16;
constexpr std::size_t kMaxCall = 64 * 1024;  // plain text of one token call
constexpr std::size_t kEcPoint = 65;

// SubjectPublicKeyInfo of a P-256 key up to the point (RFC 5480, 2).
constexpr std::array<std::uint8_t, 26> kSpkiPrefix = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

CK_GCM_PARAMS gcm_parameters(ByteView nonce, ByteView aad) {
  CK_GCM_PARAMS parameters{};
  parameters.pIv = mutable_bytes(nonce);
  parameters.ulIvLen = nonce.size();
  parameters.ulIvBits = nonce.size() * 8;  // some modules read the one, some the other
  parameters.pAAD = mutable_bytes(aad);
  parameters.ulAADLen = aad.size();
  parameters.ulTagBits = kTag * 8;
  return parameters;
}

}  // namespace

Result<void> Token::gcm_encrypt(KeyHandle key, ByteView nonce, ByteView aad, ByteView plaintext,
                                Bytes& out) {
  auto parameters = gcm_parameters(nonce, aad);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof(parameters)};
  CONCLAVE_TRY(
      session_->call("C_EncryptInit", &CK_FUNCTION_LIST::C_EncryptInit, &mechanism, raw(key)));
  const std::size_t begin = out.size();
  out.resize(begin + plaintext.size() + kTag);
  CK_ULONG written = out.size() - begin;
  if (plaintext.size() <= kMaxCall) {
    CONCLAVE_TRY(session_->call("C_Encrypt", &CK_FUNCTION_LIST::C_Encrypt, mutable_bytes(plaintext),
                                static_cast<CK_ULONG>(plaintext.size()), out.data() + begin,
                                &written));
    out.resize(begin + written);
    return {};
  }
  std::size_t position = begin;
  for (std::size_t done = 0; done < plaintext.size(); done += kMaxCall) {
    const auto part = plaintext.subspan(done, std::min(kMaxCall, plaintext.size() - done));
    written = out.size() - position;
    CONCLAVE_TRY(session_->call("C_EncryptUpdate", &CK_FUNCTION_LIST::C_EncryptUpdate,
                                mutable_bytes(part), static_cast<CK_ULONG>(part.size()),
                                out.data() + position, &written));
    position += written;
  }
  written = out.size() - position;
  CONCLAVE_TRY(session_->call("C_EncryptFinal", &CK_FUNCTION_LIST::C_EncryptFinal,
                              out.data() + position, &written));
  out.resize(position + written);
  return {};
}

Result<void> Token::gcm_decrypt(KeyHandle key, ByteView nonce, ByteView aad, ByteView sealed,
                                Bytes& out) {
  if (sealed.size() < kTag) return fail(api::kSealBroken, "shorter than its tag");
  auto parameters = gcm_parameters(nonce, aad);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof(parameters)};
  CONCLAVE_TRY(
      session_->call("C_DecryptInit", &CK_FUNCTION_LIST::C_DecryptInit, &mechanism, raw(key)));
  const std::size_t begin = out.size();
  // SoftHSM wants room for the tag as well while it decrypts.
  out.resize(begin + sealed.size());
  CK_ULONG written = sealed.size();
  const auto value = session_->module->call_raw(
      "C_Decrypt", &CK_FUNCTION_LIST::C_Decrypt, session_->handle, mutable_bytes(sealed),
      static_cast<CK_ULONG>(sealed.size()), out.data() + begin, &written);
  if (value == CKR_OK) {
    out.resize(begin + written);
    return {};
  }
  out.resize(begin);
  // SoftHSM answers a wrong tag with CKR_GENERAL_ERROR, others with CKR_ENCRYPTED_DATA_INVALID.
  if (value == CKR_GENERAL_ERROR || value == CKR_FUNCTION_FAILED) {
    return fail(api::kSealBroken, "C_Decrypt");
  }
  return std::unexpected(to_error("C_Decrypt", value));
}

Result<base::Sha256> Token::hmac(KeyHandle key, ByteView message) {
  CK_MECHANISM mechanism{CKM_SHA256_HMAC, nullptr, 0};
  CONCLAVE_TRY(session_->call("C_SignInit", &CK_FUNCTION_LIST::C_SignInit, &mechanism, raw(key)));
  base::Sha256 out{};
  CK_ULONG size = out.size();
  CONCLAVE_TRY(session_->call("C_Sign", &CK_FUNCTION_LIST::C_Sign, mutable_bytes(message),
                              static_cast<CK_ULONG>(message.size()), out.data(), &size));
  if (size != out.size()) return fail(api::kTokenUnavailable, "HMAC of a wrong size");
  return out;
}

Result<Bytes> Token::sign(KeyHandle key, ByteView digest) {
  CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
  CONCLAVE_TRY(session_->call("C_SignInit", &CK_FUNCTION_LIST::C_SignInit, &mechanism, raw(key)));
  Bytes out(64);
  CK_ULONG size = out.size();
  CONCLAVE_TRY(session_->call("C_Sign", &CK_FUNCTION_LIST::C_Sign, mutable_bytes(digest),
                              static_cast<CK_ULONG>(digest.size()), out.data(), &size));
  if (size != out.size()) return fail(api::kTokenUnavailable, "signature of a wrong size");
  return out;
}

Result<Bytes> Token::public_key(std::string_view label) {
  const auto found = keys_.find(std::string(label));
  if (found == keys_.end() || found->second.public_half == KeyHandle{}) {
    return fail(api::kKeyMissing, std::string(label));
  }
  std::array<std::uint8_t, kEcPoint + 8> point{};
  CK_ATTRIBUTE attribute{CKA_EC_POINT, point.data(), point.size()};
  CONCLAVE_TRY(session_->call("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue,
                              raw(found->second.public_half), &attribute, CK_ULONG{1}));
  // A DER OCTET STRING by the standard; some modules give the bare point.
  if (attribute.ulValueLen < kEcPoint || attribute.ulValueLen > point.size()) {
    return fail(api::kTokenUnavailable, "CKA_EC_POINT of a wrong size");
  }
  const auto bare = ByteView(point).subspan(attribute.ulValueLen - kEcPoint, kEcPoint);
  Bytes spki(kSpkiPrefix.begin(), kSpkiPrefix.end());
  spki.insert(spki.end(), bare.begin(), bare.end());
  return spki;
}

}  // namespace conclave::hsm::pkcs11
