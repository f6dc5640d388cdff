#pragma once

#include "hsm/api/key_service.hpp"
#include "hsm/pkcs11/token.hpp"

// The anchor of the audit trail: a data object in the token, made anew at each move; after
// a crash there may be two, and the newer counts. "CVA1" | number u64 | chain 32.
namespace conclave::hsm::keyd {

// Number 0 when the token has none yet.
[[nodiscard]] Result<api::AuditAnchor> load_anchor(pkcs11::Token& token);
// kAnchorBehind unless `anchor` is the stored one or stands after it. Costs a write of the token.
[[nodiscard]] Result<void> advance_anchor(pkcs11::Token& token, const api::AuditAnchor& anchor);
// Forgets it: the next start takes the trail as it finds it.
[[nodiscard]] Result<void> reset_anchor(pkcs11::Token& token);

}  // namespace conclave::hsm::keyd
