#include "hsm/keyd/operations/row_binding.hpp"
#include "hsm/keyd/service.hpp"
#include "runtime/base/random.hpp"

namespace conclave::hsm::keyd {

Result<void> seal_rows(Service& service, Call& call) {
  const auto count = api::read_count(call.in);
  call.weight = count;
  call.out.u16(static_cast<std::uint16_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = api::read_row_item(call.in);
    if (!call.in.ok() || row.content.size() > api::kMaxRowContent) return malformed(call);
    call.tenant = row.tenant;
    const auto key = service.keyring.author_key(row.tenant, row.author, true);
    if (!key) return std::unexpected(key.error());
    const auto nonce = base::system_random().bytes(api::kNonceSize);
    service.scratch = nonce;
    CONCLAVE_TRY(
        service.token().gcm_encrypt(*key, nonce, row_aad(row), row.content, service.scratch));
    call.out.run(service.scratch);
  }
  if (!call.in.done()) return malformed(call);
  return {};
}

}  // namespace conclave::hsm::keyd
