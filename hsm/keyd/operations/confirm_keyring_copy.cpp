#include <algorithm>

#include "hsm/keyd/service.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {

Result<void> confirm_keyring_copy(Service& service, Call& call) {
  base::Sha256 digest{};
  const auto bytes = call.in.raw(digest.size());
  if (!call.in.done()) return malformed(call);
  std::ranges::copy(bytes, digest.begin());
  const auto known = service.keyring.file().confirm_copy(digest);
  if (!known) return std::unexpected(known.error());
  if (!*known) return fail(api::kKeyMissing, "no copy of the keyring has this digest");
  const auto destroyed = service.keyring.destroy_due(service.clock.utc_ms());
  if (!destroyed) return std::unexpected(destroyed.error());
  observe::info("keyring.copy_confirmed", {{"epoch_keys_destroyed", *destroyed}});
  return {};
}

}  // namespace conclave::hsm::keyd
