#include "hsm/pkcs11/attributes.hpp"

#include <array>
#include <cstdio>

namespace conclave::hsm::pkcs11 {
namespace {

constexpr std::array<std::uint8_t, 10> kP256 = {0x06, 0x08, 0x2a, 0x86, 0x48,
                                                0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr CK_ULONG kAesKeySize = 32;

// Usages are all stated: a default of the module must not add one.
struct Usage {
  bool gcm = false;
  bool wrap = false;
  bool mac = false;
};

void add_usage(Template& out, Usage usage) {
  out.flag(CKA_ENCRYPT, usage.gcm).flag(CKA_DECRYPT, usage.gcm);
  out.flag(CKA_WRAP, usage.wrap).flag(CKA_UNWRAP, usage.wrap);
  out.flag(CKA_SIGN, usage.mac).flag(CKA_VERIFY, usage.mac).flag(CKA_DERIVE, false);
}

Usage usage_of(TokenKey type) {
  return {.gcm = type == TokenKey::sealing,
          .wrap = type == TokenKey::wrapping,
          .mac = type == TokenKey::mac};
}

void add_unwrap_template(Template& out) {
  Template inner;
  inner.flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false);
  out.nested(CKA_UNWRAP_TEMPLATE, std::move(inner));
}

// COPYABLE and MODIFIABLE close an object; MODIFIABLE comes last, because SoftHSM applies a
// template in order and refuses what follows it.
void close(Template& out, const Profile& profile) {
  if (profile.copyable) out.flag(CKA_COPYABLE, false);
  out.flag(CKA_MODIFIABLE, false);
}

}  // namespace

void Template::add(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size) {
  const auto* begin = static_cast<const std::uint8_t*>(value);
  auto& stored = values_.emplace_back(begin, begin + size);
  attributes_.push_back(CK_ATTRIBUTE{type, stored.data(), stored.size()});
}

Template& Template::flag(CK_ATTRIBUTE_TYPE type, bool value) {
  const CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;
  add(type, &byte, sizeof(byte));
  return *this;
}

Template& Template::number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  add(type, &value, sizeof(value));
  return *this;
}

Template& Template::bytes(CK_ATTRIBUTE_TYPE type, ByteView value) {
  add(type, value.data(), value.size());
  return *this;
}

Template& Template::mechanism(CK_MECHANISM_TYPE allowed) {
  return number(CKA_ALLOWED_MECHANISMS, allowed);
}

Template& Template::nested(CK_ATTRIBUTE_TYPE type, Template value) {
  auto& stored = nested_.emplace_back(std::move(value));
  attributes_.push_back(
      CK_ATTRIBUTE{type, stored.data(), stored.attributes_.size() * sizeof(CK_ATTRIBUTE)});
  return *this;
}

Template secret_token_key(TokenKey type, const Profile& profile, std::string_view label,
                          ByteView id) {
  Template out;
  out.number(CKA_CLASS, CKO_SECRET_KEY);
  out.number(CKA_KEY_TYPE, type == TokenKey::mac ? CKK_GENERIC_SECRET : CKK_AES);
  out.number(CKA_VALUE_LEN, kAesKeySize).bytes(CKA_LABEL, base::as_bytes(label)).bytes(CKA_ID, id);
  out.flag(CKA_TOKEN, true).flag(CKA_PRIVATE, true);
  out.flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false);
  add_usage(out, usage_of(type));
  if (profile.allowed_mechanisms) {
    out.mechanism(type == TokenKey::wrapping  ? profile.key_wrap
                  : type == TokenKey::sealing ? CKM_AES_GCM
                                              : CKM_SHA256_HMAC);
  }
  if (type == TokenKey::wrapping && profile.unwrap_template) add_unwrap_template(out);
  close(out, profile);
  return out;
}

Template private_signing_key(const Profile& profile, std::string_view label, ByteView id) {
  Template out;
  out.number(CKA_CLASS, CKO_PRIVATE_KEY).number(CKA_KEY_TYPE, CKK_EC);
  out.bytes(CKA_LABEL, base::as_bytes(label)).bytes(CKA_ID, id);
  out.flag(CKA_TOKEN, true).flag(CKA_PRIVATE, true);
  out.flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false);
  out.flag(CKA_SIGN, true).flag(CKA_SIGN_RECOVER, false).flag(CKA_DECRYPT, false);
  out.flag(CKA_UNWRAP, false).flag(CKA_DERIVE, false);
  if (profile.allowed_mechanisms) out.mechanism(CKM_ECDSA);
  close(out, profile);
  return out;
}

Template public_signing_key(std::string_view label, ByteView id) {
  Template out;
  out.number(CKA_CLASS, CKO_PUBLIC_KEY).number(CKA_KEY_TYPE, CKK_EC).bytes(CKA_EC_PARAMS, kP256);
  out.bytes(CKA_LABEL, base::as_bytes(label)).bytes(CKA_ID, id);
  out.flag(CKA_TOKEN, true).flag(CKA_PRIVATE, false).flag(CKA_VERIFY, true);
  out.flag(CKA_ENCRYPT, false).flag(CKA_WRAP, false).flag(CKA_MODIFIABLE, false);
  return out;
}

Template generated_session_key(const Profile& profile) {
  Template out;
  out.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES);
  out.number(CKA_VALUE_LEN, kAesKeySize).flag(CKA_TOKEN, false).flag(CKA_PRIVATE, true);
  out.flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, true);
  // Of no use but to be wrapped once.
  add_usage(out, {});
  close(out, profile);
  return out;
}

Template unwrapped_session_key(SessionKey type, const Profile& profile) {
  Template out;
  const bool wraps = type == SessionKey::room;
  out.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES);
  out.flag(CKA_TOKEN, false).flag(CKA_PRIVATE, true);
  out.flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false);
  add_usage(out, {.gcm = !wraps, .wrap = wraps});
  if (profile.allowed_mechanisms) out.mechanism(wraps ? profile.key_wrap : CKM_AES_GCM);
  if (wraps && profile.unwrap_template) add_unwrap_template(out);
  close(out, profile);
  return out;
}

std::string mechanism_name(CK_MECHANISM_TYPE mechanism) {
  switch (mechanism) {
    case CKM_AES_KEY_GEN:
      return "CKM_AES_KEY_GEN";
    case CKM_AES_GCM:
      return "CKM_AES_GCM";
    case CKM_AES_KEY_WRAP_PAD:
      return "CKM_AES_KEY_WRAP_PAD";
    case kAesKeyWrapKwp:
      return "CKM_AES_KEY_WRAP_KWP";
    case CKM_GENERIC_SECRET_KEY_GEN:
      return "CKM_GENERIC_SECRET_KEY_GEN";
    case CKM_SHA256_HMAC:
      return "CKM_SHA256_HMAC";
    case CKM_EC_KEY_PAIR_GEN:
      return "CKM_EC_KEY_PAIR_GEN";
    case CKM_ECDSA:
      return "CKM_ECDSA";
    default:
      break;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "mechanism 0x%lx", mechanism);
  return text.data();
}

}  // namespace conclave::hsm::pkcs11
