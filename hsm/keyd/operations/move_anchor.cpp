#include "hsm/keyd/anchor.hpp"
#include "hsm/keyd/service.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {

Result<void> move_anchor(Service& service, Call& call) {
  const api::AuditAnchor anchor = api::read_audit_anchor(call.in);
  if (!call.in.done()) return malformed(call);
  auto moved = advance_anchor(service.token(), anchor);
  if (!moved && moved.error().is(api::kAnchorBehind)) {
    observe::error("alarm.anchor_behind", {{"error", moved.error()}});
  }
  return moved;
}

}  // namespace conclave::hsm::keyd
