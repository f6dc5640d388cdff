#include "hsm/keyd/operations/row_binding.hpp"
#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {
namespace {

Result<Bytes> open_one(Service& service, const api::RowItemView& row) {
  if (row.content.size() < api::kNonceSize + api::kTagSize) {
    return fail(api::kSealBroken, "row: shorter than nonce and tag");
  }
  const auto key = service.keyring.author_key(row.tenant, row.author, false);
  if (!key) return std::unexpected(key.error());
  Bytes plaintext;
  CONCLAVE_TRY(service.token().gcm_decrypt(*key, row.content.first(api::kNonceSize), row_aad(row),
                                           row.content.subspan(api::kNonceSize), plaintext));
  return plaintext;
}

}  // namespace

Result<void> open_rows(Service& service, Call& call) {
  const auto count = api::read_count(call.in);
  call.weight = count;
  call.out.u16(static_cast<std::uint16_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = api::read_row_item(call.in);
    if (!call.in.ok()) return malformed(call);
    call.tenant = row.tenant;
    api::write_outcome(call.out, open_one(service, row));
  }
  if (!call.in.done()) return malformed(call);
  return {};
}

}  // namespace conclave::hsm::keyd
