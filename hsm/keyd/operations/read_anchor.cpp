#include "hsm/keyd/anchor.hpp"
#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {

Result<void> read_anchor(Service& service, Call& call) {
  if (!call.in.done()) return malformed(call);
  const auto anchor = load_anchor(service.token());
  if (!anchor) return std::unexpected(anchor.error());
  api::write(call.out, *anchor);
  return {};
}

}  // namespace conclave::hsm::keyd
