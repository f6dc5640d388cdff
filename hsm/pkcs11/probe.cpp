#include "hsm/pkcs11/probe.hpp"

#include <algorithm>

#include "hsm/api/errors.hpp"

namespace conclave::hsm::pkcs11 {
namespace {

Result<bool> accepts(Module& module, CK_SESSION_HANDLE session, const Profile& profile) {
  auto attributes = unwrapped_session_key(SessionKey::room, profile);
  attributes.number(CKA_VALUE_LEN, 32);
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE key = 0;
  const auto value = module.call_raw("C_GenerateKey", &CK_FUNCTION_LIST::C_GenerateKey, session,
                                     &mechanism, attributes.data(), attributes.size(), &key);
  if (value == CKR_OK) {
    module.call_raw("C_DestroyObject", &CK_FUNCTION_LIST::C_DestroyObject, session, key);
    return true;
  }
  if (return_value(value).consequence != Consequence::refused) {
    return std::unexpected(to_error("C_GenerateKey", value));
  }
  return false;
}

}  // namespace

Result<void> probe_mechanisms(Module& module, CK_SLOT_ID slot, Profile& profile) {
  CK_ULONG count = 0;
  CONCLAVE_TRY(module.call("C_GetMechanismList", &CK_FUNCTION_LIST::C_GetMechanismList, slot,
                           nullptr, &count));
  std::vector<CK_MECHANISM_TYPE> present(count);
  CONCLAVE_TRY(module.call("C_GetMechanismList", &CK_FUNCTION_LIST::C_GetMechanismList, slot,
                           present.data(), &count));
  present.resize(count);
  const auto has = [&](CK_MECHANISM_TYPE type) {
    return std::ranges::find(present, type) != present.end();
  };
  if (!has(CKM_AES_KEY_WRAP_PAD) && has(kAesKeyWrapKwp)) profile.key_wrap = kAesKeyWrapKwp;
  const std::vector<CK_MECHANISM_TYPE> needed = {
      CKM_AES_KEY_GEN, CKM_AES_GCM,         profile.key_wrap, CKM_GENERIC_SECRET_KEY_GEN,
      CKM_SHA256_HMAC, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA};
  for (const auto mechanism : needed) {
    if (has(mechanism)) continue;
    return fail(api::kMechanismMissing,
                module.file().string() + " has no " + mechanism_name(mechanism));
  }
  return {};
}

Result<void> probe_restrictions(Module& module, CK_SESSION_HANDLE session, Profile& profile,
                                std::vector<std::string>& warnings) {
  struct Restriction {
    bool Profile::* member;
    std::string_view warning;
  };
  const std::vector<Restriction> restrictions = {
      {&Profile::allowed_mechanisms, "the module does not restrict a key to one mechanism"},
      {&Profile::unwrap_template, "the module does not enforce what unwrapped keys may be"},
      {&Profile::copyable, "the module does not let keys refuse to be copied"}};
  auto accepted = accepts(module, session, profile);
  if (!accepted) return std::unexpected(std::move(accepted).error());
  if (*accepted) return {};
  const Profile bare{profile.key_wrap, false, false, false};
  Profile reached = bare;
  for (const auto& restriction : restrictions) {
    Profile tried = reached;
    tried.*restriction.member = true;
    accepted = accepts(module, session, tried);
    if (!accepted) return std::unexpected(std::move(accepted).error());
    if (*accepted) {
      reached = tried;
    } else {
      warnings.emplace_back(restriction.warning);
    }
  }
  profile = reached;
  return {};
}

}  // namespace conclave::hsm::pkcs11
