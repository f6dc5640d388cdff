#pragma once

#include "hsm/pkcs11/attributes.hpp"
#include "hsm/pkcs11/module.hpp"

// Private to hsm/pkcs11: what a Token hides.
namespace conclave::hsm::pkcs11 {

struct Token::Session {
  std::unique_ptr<Module> module;
  CK_SESSION_HANDLE handle = 0;
  bool open = false;
  Profile profile;

  template <class... Parameters, class... Arguments>
  Result<void> call(const char* name,
                    CK_RV (*CK_FUNCTION_LIST::*function)(CK_SESSION_HANDLE, Parameters...),
                    Arguments... arguments) {
    return module->call(name, function, handle, arguments...);
  }
};

[[nodiscard]] inline CK_OBJECT_HANDLE raw(KeyHandle key) {
  return static_cast<CK_OBJECT_HANDLE>(key);
}

// PKCS#11 takes pointers to mutable bytes that it does not change.
[[nodiscard]] inline CK_BYTE* mutable_bytes(ByteView bytes) {
  return const_cast<CK_BYTE*>(bytes.data());
}

}  // namespace conclave::hsm::pkcs11
