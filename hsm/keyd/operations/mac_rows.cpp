#include "hsm/keyd/signers.hpp"

namespace conclave::hsm::keyd {

Result<void> mac_rows(Service& service, Call& call) {
  const auto count = api::read_count(call.in);
  call.weight = count;
  call.out.u16(static_cast<std::uint16_t>(count));
  const auto key = service.key(labels::kRows);
  if (!key) return std::unexpected(key.error());
  for (std::size_t i = 0; i < count; ++i) {
    const auto content = call.in.run(api::kMaxRowContent);
    if (!call.in.ok()) return malformed(call);
    CONCLAVE_TRY(note_row(service, content));
    const auto mac = service.token().hmac(*key, content);
    if (!mac) return std::unexpected(mac.error());
    call.out.run(*mac);
  }
  if (!call.in.done()) return malformed(call);
  return {};
}

}  // namespace conclave::hsm::keyd
