#include "hsm/keyd/service.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {

Result<void> turn_epoch(Service& service, Call& call) {
  call.tenant.value = call.in.u64();
  if (!call.in.done()) return malformed(call);
  auto turn = service.keyring.begin_turn(call.tenant, service.clock.utc_ms());
  if (!turn) return std::unexpected(std::move(turn).error());
  observe::info("epoch.turning", {{"tenant", call.tenant}, {"to", turn->new_epoch}});
  call.more = [state = std::move(*turn)](Service* owner,
                                         base::ByteWriter& out) mutable -> Result<bool> {
    auto report = owner->keyring.step_turn(state, owner->clock.utc_ms());
    if (!report) return std::unexpected(std::move(report).error());
    if (!*report) return false;
    observe::info(
        "epoch.turned",
        {{"tenant", state.tenant}, {"epoch", state.new_epoch}, {"resealed", state.resealed}});
    write(out, **report);
    return true;
  };
  return {};
}

}  // namespace conclave::hsm::keyd
