#include <array>

#include "hsm/api/errors.hpp"
#include "hsm/pkcs11/session.hpp"
#include "runtime/base/random.hpp"

// Making, wrapping and destroying keys, and reading back what they are.
namespace conclave::hsm::pkcs11 {
namespace {

constexpr std::size_t kIdSize = 16;
constexpr std::size_t kMaxWrapped = 64;  // an AES-256 key is 40 bytes in KWP

bool usable(const CK_ATTRIBUTE& attribute) {
  return attribute.ulValueLen != CK_UNAVAILABLE_INFORMATION;
}

struct NamedUsage {
  CK_ATTRIBUTE_TYPE type;
  std::string_view name;
};
constexpr std::array kUsages = {
    NamedUsage{CKA_ENCRYPT, "encrypt"}, NamedUsage{CKA_DECRYPT, "decrypt"},
    NamedUsage{CKA_WRAP, "wrap"},       NamedUsage{CKA_UNWRAP, "unwrap"},
    NamedUsage{CKA_SIGN, "sign"},       NamedUsage{CKA_VERIFY, "verify"},
    NamedUsage{CKA_DERIVE, "derive"},   NamedUsage{CKA_SIGN_RECOVER, "sign_recover"}};

std::string type_name(CK_KEY_TYPE type) {
  switch (type) {
    case CKK_AES:
      return "AES-256";
    case CKK_EC:
      return "EC P-256";
    case CKK_GENERIC_SECRET:
      return "HMAC-SHA256";
    default:
      return "other";
  }
}

}  // namespace

Result<KeyHandle> Token::generate(TokenKey type, const std::string& label) {
  if (keys_.contains(label)) return fail(api::kKeyRequestRefused, "label taken: " + label);
  const Bytes id = base::system_random().bytes(kIdSize);
  CK_OBJECT_HANDLE key = 0;
  CK_OBJECT_HANDLE public_half = 0;
  if (type == TokenKey::signing) {
    auto open_half = public_signing_key(label, id);
    auto secret_half = private_signing_key(session_->profile, label, id);
    CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
    CONCLAVE_TRY(session_->call("C_GenerateKeyPair", &CK_FUNCTION_LIST::C_GenerateKeyPair,
                                &mechanism, open_half.data(), open_half.size(), secret_half.data(),
                                secret_half.size(), &public_half, &key));
  } else {
    auto attributes = secret_token_key(type, session_->profile, label, id);
    CK_MECHANISM mechanism{type == TokenKey::mac ? CKM_GENERIC_SECRET_KEY_GEN : CKM_AES_KEY_GEN,
                           nullptr, 0};
    CONCLAVE_TRY(session_->call("C_GenerateKey", &CK_FUNCTION_LIST::C_GenerateKey, &mechanism,
                                attributes.data(), attributes.size(), &key));
  }
  keys_[label] = Indexed{KeyHandle{key}, KeyHandle{public_half}, 1};
  return KeyHandle{key};
}

Result<void> Token::destroy(std::string_view label) {
  const auto found = keys_.find(std::string(label));
  if (found == keys_.end()) return {};
  CONCLAVE_TRY(session_->call("C_DestroyObject", &CK_FUNCTION_LIST::C_DestroyObject,
                              raw(found->second.key)));
  if (found->second.public_half != KeyHandle{}) {
    CONCLAVE_TRY(session_->call("C_DestroyObject", &CK_FUNCTION_LIST::C_DestroyObject,
                                raw(found->second.public_half)));
  }
  keys_.erase(found);
  return {};
}

Result<Token::Wrapped> Token::generate_wrapped(SessionKey type, KeyHandle wrapping) {
  auto attributes = generated_session_key(session_->profile);
  CK_MECHANISM generate{CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE fresh = 0;
  CONCLAVE_TRY(session_->call("C_GenerateKey", &CK_FUNCTION_LIST::C_GenerateKey, &generate,
                              attributes.data(), attributes.size(), &fresh));
  CK_MECHANISM wrap{session_->profile.key_wrap, nullptr, 0};
  Wrapped out;
  out.blob.resize(kMaxWrapped);
  CK_ULONG size = out.blob.size();
  const auto wrapped = session_->call("C_WrapKey", &CK_FUNCTION_LIST::C_WrapKey, &wrap,
                                      raw(wrapping), fresh, out.blob.data(), &size);
  const auto destroyed =
      session_->call("C_DestroyObject", &CK_FUNCTION_LIST::C_DestroyObject, fresh);
  CONCLAVE_TRY(wrapped);
  // An extractable key that stays would break the contract: better no key at all.
  CONCLAVE_TRY(destroyed);
  out.blob.resize(size);
  auto key = unwrap(type, wrapping, out.blob);
  if (!key) return std::unexpected(std::move(key).error());
  out.key = *key;
  return out;
}

Result<KeyHandle> Token::unwrap(SessionKey type, KeyHandle wrapping, ByteView blob) {
  auto attributes = unwrapped_session_key(type, session_->profile);
  CK_MECHANISM mechanism{session_->profile.key_wrap, nullptr, 0};
  CK_OBJECT_HANDLE key = 0;
  const auto value = session_->module->call_raw(
      "C_UnwrapKey", &CK_FUNCTION_LIST::C_UnwrapKey, session_->handle, &mechanism, raw(wrapping),
      mutable_bytes(blob), static_cast<CK_ULONG>(blob.size()), attributes.data(), attributes.size(),
      &key);
  if (value == CKR_OK) return KeyHandle{key};
  // SoftHSM answers a changed blob with CKR_GENERAL_ERROR.
  if (value == CKR_GENERAL_ERROR) return fail(api::kSealBroken, "C_UnwrapKey: CKR_GENERAL_ERROR");
  return std::unexpected(to_error("C_UnwrapKey", value));
}

void Token::release(KeyHandle session_key) {
  session_->module->call_raw("C_DestroyObject", &CK_FUNCTION_LIST::C_DestroyObject,
                             session_->handle, raw(session_key));
}

Result<std::vector<KeyDescription>> Token::describe() {
  std::vector<KeyDescription> out;
  for (const auto& [label, entry] : keys_) {
    auto description = describe_key(entry.key);
    if (!description) return std::unexpected(std::move(description).error());
    description->label = label;
    out.push_back(std::move(*description));
  }
  return out;
}

Result<KeyDescription> Token::describe_key(KeyHandle key) {
  const auto flag = [&](CK_ATTRIBUTE_TYPE type, bool fallback) {
    CK_BBOOL value = CK_FALSE;
    CK_ATTRIBUTE attribute{type, &value, sizeof(value)};
    const auto got =
        session_->module->call_raw("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue,
                                   session_->handle, raw(key), &attribute, CK_ULONG{1});
    return got == CKR_OK && usable(attribute) ? value == CK_TRUE : fallback;
  };
  CK_KEY_TYPE type = 0;
  CK_ATTRIBUTE type_attribute{CKA_KEY_TYPE, &type, sizeof(type)};
  CONCLAVE_TRY(session_->call("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue,
                              raw(key), &type_attribute, CK_ULONG{1}));
  KeyDescription out;
  out.type = type_name(type);
  CK_MECHANISM_TYPE mechanism = 0;
  CK_ATTRIBUTE allowed{CKA_ALLOWED_MECHANISMS, &mechanism, sizeof(mechanism)};
  const auto got =
      session_->module->call_raw("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue,
                                 session_->handle, raw(key), &allowed, CK_ULONG{1});
  out.mechanism =
      got == CKR_OK && allowed.ulValueLen == sizeof(mechanism) ? mechanism_name(mechanism) : "any";
  out.sensitive = flag(CKA_SENSITIVE, false);
  out.extractable = flag(CKA_EXTRACTABLE, true);
  out.always_sensitive = flag(CKA_ALWAYS_SENSITIVE, false);
  out.never_extractable = flag(CKA_NEVER_EXTRACTABLE, false);
  out.modifiable = flag(CKA_MODIFIABLE, true);
  out.copyable = flag(CKA_COPYABLE, true);
  out.is_private = flag(CKA_PRIVATE, false);
  for (const auto& usage : kUsages) {
    if (flag(usage.type, false)) out.usages.emplace_back(usage.name);
  }
  return out;
}

}  // namespace conclave::hsm::pkcs11
