#include "hsm/keyd/service.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {

Result<void> copy_keyring(Service& service, Call& call) {
  if (!call.in.done()) return malformed(call);
  const auto copy = service.keyring.file().copy(service.clock.utc_ms());
  if (!copy) return std::unexpected(copy.error());
  observe::info("keyring.copied", {{"bytes", copy->size()}});
  call.out.run(*copy);
  return {};
}

}  // namespace conclave::hsm::keyd
