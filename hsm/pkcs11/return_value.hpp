#pragma once

#include <string>
#include <string_view>

#include "runtime/base/error.hpp"

namespace conclave::hsm::pkcs11 {

// What a failed call means for the session with the token.
enum class Consequence {
  refused,  // this call only
  session,  // the session, the login or the token is gone: open the token again
  pin,      // the PIN was refused: never try it again by ourselves
};

struct ReturnValue {
  unsigned long value;    // CK_RV
  std::string_view name;  // "CKR_…"
  const ErrorSpec* spec;
  Consequence consequence;
};

// Total: unknown and vendor-defined values are answered as a failing device.
[[nodiscard]] const ReturnValue& return_value(unsigned long value);

// "C_Sign: CKR_DEVICE_ERROR (0x30)".
[[nodiscard]] Error to_error(std::string_view call, unsigned long value);

}  // namespace conclave::hsm::pkcs11
