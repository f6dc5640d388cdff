#pragma once

#include <p11-kit/pkcs11.h>

#include <deque>
#include <initializer_list>
#include <vector>

#include "hsm/pkcs11/token.hpp"

// Private to hsm/pkcs11: templates of the keys contract, K1.
namespace conclave::hsm::pkcs11 {

// Attributes with their values; the order in which they were added is the order that the module
// sees.
class Template {
 public:
  Template() = default;
  Template(Template&&) = default;
  Template& operator=(Template&&) = default;

  Template& flag(CK_ATTRIBUTE_TYPE type, bool value);
  Template& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
  Template& bytes(CK_ATTRIBUTE_TYPE type, ByteView value);
  Template& mechanism(CK_MECHANISM_TYPE allowed);
  Template& nested(CK_ATTRIBUTE_TYPE type, Template value);

  [[nodiscard]] CK_ATTRIBUTE* data() { return attributes_.data(); }
  [[nodiscard]] CK_ULONG size() const { return attributes_.size(); }

 private:
  void add(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size);

  std::vector<CK_ATTRIBUTE> attributes_;
  std::deque<Bytes> values_;  // a deque keeps addresses
  std::deque<Template> nested_;
};

// What a module can do and enforce, found out by trying when the token is opened.
struct Profile {
  CK_MECHANISM_TYPE key_wrap = CKM_AES_KEY_WRAP_PAD;  // AES key wrap with padding, RFC 5649
  bool allowed_mechanisms = true;
  bool unwrap_template = true;
  bool copyable = true;
};

// PKCS#11 3.0's name of the same mechanism, for modules that have only that.
inline constexpr CK_MECHANISM_TYPE kAesKeyWrapKwp = 0x210b;

[[nodiscard]] Template secret_token_key(TokenKey type, const Profile& profile,
                                        std::string_view label, ByteView id);
[[nodiscard]] Template private_signing_key(const Profile& profile, std::string_view label,
                                           ByteView id);
[[nodiscard]] Template public_signing_key(std::string_view label, ByteView id);
// For C_GenerateKey (extractable, the one place where that is true) and for C_UnwrapKey.
[[nodiscard]] Template generated_session_key(const Profile& profile);
[[nodiscard]] Template unwrapped_session_key(SessionKey type, const Profile& profile);

[[nodiscard]] std::string mechanism_name(CK_MECHANISM_TYPE mechanism);

}  // namespace conclave::hsm::pkcs11
