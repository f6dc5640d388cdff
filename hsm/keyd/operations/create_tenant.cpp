#include "hsm/keyd/service.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {

Result<void> create_tenant(Service& service, Call& call) {
  call.tenant.value = call.in.u64();
  if (!call.in.done() || !call.tenant) return malformed(call);
  CONCLAVE_TRY(service.keyring.create_tenant(call.tenant, service.clock.utc_ms()));
  observe::info("tenant.keys_created", {{"tenant", call.tenant}});
  return {};
}

}  // namespace conclave::hsm::keyd
