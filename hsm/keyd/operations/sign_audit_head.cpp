#include "hsm/keyd/public_keys.hpp"
#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {

Result<void> sign_audit_head(Service& service, Call& call) {
  const auto head = call.in.raw(sizeof(base::Sha256));
  if (!call.in.done()) return malformed(call);
  const auto key = service.key(labels::kAudit);
  if (!key) return std::unexpected(key.error());
  const auto signature = service.token().sign(*key, head);
  if (!signature) return std::unexpected(signature.error());
  call.out.run(der_signature(*signature));
  return {};
}

}  // namespace conclave::hsm::keyd
