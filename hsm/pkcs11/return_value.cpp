#include "hsm/pkcs11/return_value.hpp"

#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "hsm/api/errors.hpp"

namespace conclave::hsm::pkcs11 {
namespace {

// PKCS#11 2.40 has it, p11-kit's header does not.
constexpr unsigned long kUnwrappingKeyHandleInvalid = 0xf0;

constexpr ReturnValue row(unsigned long value, std::string_view name, const ErrorSpec& spec,
                          Consequence consequence) {
  return {value, name, &spec, consequence};
}

// The only place where a CK_RV becomes an error. CKR_GENERAL_ERROR is also how SoftHSM answers a
// tampered cipher text; the decrypting primitive, which knows that, turns it into kSealBroken.
// Handles never come from outside: an invalid one says that the token has changed under us, never
// that a key is missing.
constexpr std::array kTable = {
    row(CKR_CANCEL, "CKR_CANCEL", base::kInternal, Consequence::refused),
    row(CKR_HOST_MEMORY, "CKR_HOST_MEMORY", api::kTokenUnavailable, Consequence::session),
    row(CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID", api::kTokenUnavailable, Consequence::session),
    row(CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR", api::kTokenUnavailable, Consequence::refused),
    row(CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED", api::kTokenUnavailable, Consequence::refused),
    row(CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD", base::kInternal, Consequence::refused),
    row(CKR_NO_EVENT, "CKR_NO_EVENT", base::kInternal, Consequence::refused),
    row(CKR_NEED_TO_CREATE_THREADS, "CKR_NEED_TO_CREATE_THREADS", base::kInternal,
        Consequence::refused),
    row(CKR_CANT_LOCK, "CKR_CANT_LOCK", base::kInternal, Consequence::refused),
    row(CKR_ATTRIBUTE_READ_ONLY, "CKR_ATTRIBUTE_READ_ONLY", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_ATTRIBUTE_SENSITIVE, "CKR_ATTRIBUTE_SENSITIVE", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_ACTION_PROHIBITED, "CKR_ACTION_PROHIBITED", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_DATA_INVALID, "CKR_DATA_INVALID", base::kInternal, Consequence::refused),
    row(CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE", base::kInternal, Consequence::refused),
    row(CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR", api::kTokenUnavailable, Consequence::session),
    row(CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", api::kTokenUnavailable, Consequence::session),
    row(CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED", api::kTokenUnavailable, Consequence::session),
    row(CKR_ENCRYPTED_DATA_INVALID, "CKR_ENCRYPTED_DATA_INVALID", api::kSealBroken,
        Consequence::refused),
    row(CKR_ENCRYPTED_DATA_LEN_RANGE, "CKR_ENCRYPTED_DATA_LEN_RANGE", api::kSealBroken,
        Consequence::refused),
    row(CKR_FUNCTION_CANCELED, "CKR_FUNCTION_CANCELED", api::kTokenUnavailable,
        Consequence::refused),
    row(CKR_FUNCTION_NOT_PARALLEL, "CKR_FUNCTION_NOT_PARALLEL", base::kInternal,
        Consequence::refused),
    row(CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", api::kMechanismMissing,
        Consequence::refused),
    row(CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_KEY_SIZE_RANGE, "CKR_KEY_SIZE_RANGE", api::kKeyRequestRefused, Consequence::refused),
    row(CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_KEY_NOT_NEEDED, "CKR_KEY_NOT_NEEDED", base::kInternal, Consequence::refused),
    row(CKR_KEY_CHANGED, "CKR_KEY_CHANGED", base::kInternal, Consequence::refused),
    row(CKR_KEY_NEEDED, "CKR_KEY_NEEDED", base::kInternal, Consequence::refused),
    row(CKR_KEY_INDIGESTIBLE, "CKR_KEY_INDIGESTIBLE", base::kInternal, Consequence::refused),
    row(CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_KEY_NOT_WRAPPABLE, "CKR_KEY_NOT_WRAPPABLE", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_KEY_UNEXTRACTABLE, "CKR_KEY_UNEXTRACTABLE", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID", api::kMechanismMissing,
        Consequence::refused),
    row(CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID", api::kMechanismMissing,
        Consequence::refused),
    row(CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_OPERATION_ACTIVE, "CKR_OPERATION_ACTIVE", api::kTokenUnavailable, Consequence::session),
    row(CKR_OPERATION_NOT_INITIALIZED, "CKR_OPERATION_NOT_INITIALIZED", base::kInternal,
        Consequence::refused),
    row(CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", api::kTokenLocked, Consequence::pin),
    row(CKR_PIN_INVALID, "CKR_PIN_INVALID", api::kTokenLocked, Consequence::pin),
    row(CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE", api::kTokenLocked, Consequence::pin),
    row(CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED", api::kTokenLocked, Consequence::pin),
    row(CKR_PIN_LOCKED, "CKR_PIN_LOCKED", api::kTokenLocked, Consequence::pin),
    row(CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED", api::kTokenUnavailable, Consequence::session),
    row(CKR_SESSION_COUNT, "CKR_SESSION_COUNT", api::kTokenUnavailable, Consequence::session),
    row(CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_SESSION_PARALLEL_NOT_SUPPORTED, "CKR_SESSION_PARALLEL_NOT_SUPPORTED", base::kInternal,
        Consequence::refused),
    row(CKR_SESSION_READ_ONLY, "CKR_SESSION_READ_ONLY", base::kInternal, Consequence::refused),
    row(CKR_SESSION_EXISTS, "CKR_SESSION_EXISTS", base::kInternal, Consequence::refused),
    row(CKR_SESSION_READ_ONLY_EXISTS, "CKR_SESSION_READ_ONLY_EXISTS", base::kInternal,
        Consequence::refused),
    row(CKR_SESSION_READ_WRITE_SO_EXISTS, "CKR_SESSION_READ_WRITE_SO_EXISTS", base::kInternal,
        Consequence::refused),
    row(CKR_SIGNATURE_INVALID, "CKR_SIGNATURE_INVALID", api::kSealBroken, Consequence::refused),
    row(CKR_SIGNATURE_LEN_RANGE, "CKR_SIGNATURE_LEN_RANGE", api::kSealBroken, Consequence::refused),
    row(CKR_TEMPLATE_INCOMPLETE, "CKR_TEMPLATE_INCOMPLETE", base::kInternal, Consequence::refused),
    row(CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED", api::kTokenUnavailable,
        Consequence::refused),
    row(kUnwrappingKeyHandleInvalid, "CKR_UNWRAPPING_KEY_HANDLE_INVALID", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_UNWRAPPING_KEY_SIZE_RANGE, "CKR_UNWRAPPING_KEY_SIZE_RANGE", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, "CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT",
        api::kKeyRequestRefused, Consequence::refused),
    row(CKR_USER_ALREADY_LOGGED_IN, "CKR_USER_ALREADY_LOGGED_IN", base::kInternal,
        Consequence::refused),
    row(CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED", api::kTokenLocked,
        Consequence::pin),
    row(CKR_USER_TYPE_INVALID, "CKR_USER_TYPE_INVALID", base::kInternal, Consequence::refused),
    row(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
        api::kTokenUnavailable, Consequence::session),
    row(CKR_USER_TOO_MANY_TYPES, "CKR_USER_TOO_MANY_TYPES", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_WRAPPED_KEY_INVALID, "CKR_WRAPPED_KEY_INVALID", api::kSealBroken, Consequence::refused),
    row(CKR_WRAPPED_KEY_LEN_RANGE, "CKR_WRAPPED_KEY_LEN_RANGE", api::kSealBroken,
        Consequence::refused),
    row(CKR_WRAPPING_KEY_HANDLE_INVALID, "CKR_WRAPPING_KEY_HANDLE_INVALID", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_WRAPPING_KEY_SIZE_RANGE, "CKR_WRAPPING_KEY_SIZE_RANGE", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_WRAPPING_KEY_TYPE_INCONSISTENT, "CKR_WRAPPING_KEY_TYPE_INCONSISTENT",
        api::kKeyRequestRefused, Consequence::refused),
    row(CKR_RANDOM_SEED_NOT_SUPPORTED, "CKR_RANDOM_SEED_NOT_SUPPORTED", api::kMechanismMissing,
        Consequence::refused),
    row(CKR_RANDOM_NO_RNG, "CKR_RANDOM_NO_RNG", api::kMechanismMissing, Consequence::refused),
    row(CKR_DOMAIN_PARAMS_INVALID, "CKR_DOMAIN_PARAMS_INVALID", api::kMechanismMissing,
        Consequence::refused),
    row(CKR_CURVE_NOT_SUPPORTED, "CKR_CURVE_NOT_SUPPORTED", api::kMechanismMissing,
        Consequence::refused),
    row(CKR_BUFFER_TOO_SMALL, "CKR_BUFFER_TOO_SMALL", base::kInternal, Consequence::refused),
    row(CKR_SAVED_STATE_INVALID, "CKR_SAVED_STATE_INVALID", base::kInternal, Consequence::refused),
    row(CKR_INFORMATION_SENSITIVE, "CKR_INFORMATION_SENSITIVE", api::kKeyRequestRefused,
        Consequence::refused),
    row(CKR_STATE_UNSAVEABLE, "CKR_STATE_UNSAVEABLE", base::kInternal, Consequence::refused),
    row(CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_CRYPTOKI_ALREADY_INITIALIZED, "CKR_CRYPTOKI_ALREADY_INITIALIZED",
        api::kTokenUnavailable, Consequence::session),
    row(CKR_MUTEX_BAD, "CKR_MUTEX_BAD", base::kInternal, Consequence::refused),
    row(CKR_MUTEX_NOT_LOCKED, "CKR_MUTEX_NOT_LOCKED", base::kInternal, Consequence::refused),
    row(CKR_NEW_PIN_MODE, "CKR_NEW_PIN_MODE", api::kTokenLocked, Consequence::pin),
    row(CKR_NEXT_OTP, "CKR_NEXT_OTP", api::kTokenLocked, Consequence::pin),
    row(CKR_EXCEEDED_MAX_ITERATIONS, "CKR_EXCEEDED_MAX_ITERATIONS", api::kTokenUnavailable,
        Consequence::refused),
    row(CKR_FIPS_SELF_TEST_FAILED, "CKR_FIPS_SELF_TEST_FAILED", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_LIBRARY_LOAD_FAILED, "CKR_LIBRARY_LOAD_FAILED", api::kTokenUnavailable,
        Consequence::session),
    row(CKR_PIN_TOO_WEAK, "CKR_PIN_TOO_WEAK", api::kTokenLocked, Consequence::pin),
    row(CKR_PUBLIC_KEY_INVALID, "CKR_PUBLIC_KEY_INVALID", base::kInternal, Consequence::refused),
    row(CKR_FUNCTION_REJECTED, "CKR_FUNCTION_REJECTED", api::kKeyRequestRefused,
        Consequence::refused),
};

constexpr ReturnValue kUnknown{~0UL, "unknown value", &api::kTokenUnavailable,
                               Consequence::session};

}  // namespace

const ReturnValue& return_value(unsigned long value) {
  const auto found = std::ranges::find(kTable, value, &ReturnValue::value);
  return found != kTable.end() ? *found : kUnknown;
}

Error to_error(std::string_view call, unsigned long value) {
  const auto& meaning = return_value(value);
  std::array<char, 24> number{};
  std::snprintf(number.data(), number.size(), " (0x%lx)", value);
  return Error(*meaning.spec, std::string(call) + ": " + std::string(meaning.name) + number.data());
}

}  // namespace conclave::hsm::pkcs11
