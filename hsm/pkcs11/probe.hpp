#pragma once

#include <string>
#include <vector>

#include "hsm/pkcs11/attributes.hpp"
#include "hsm/pkcs11/module.hpp"

// Private to hsm/pkcs11: what a module can do, found out before it is trusted with anything.
namespace conclave::hsm::pkcs11 {

// kMechanismMissing names the module and the first mechanism that it lacks. Chooses the key wrap.
Result<void> probe_mechanisms(Module& module, CK_SLOT_ID slot, Profile& profile);

// Tries each restriction of K1 on a session key; what the module refuses is left out of the profile
// and said in `warnings`.
Result<void> probe_restrictions(Module& module, CK_SESSION_HANDLE session, Profile& profile,
                                std::vector<std::string>& warnings);

}  // namespace conclave::hsm::pkcs11
