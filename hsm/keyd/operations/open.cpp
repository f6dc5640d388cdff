#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {
namespace {

Result<Bytes> open_one(Service& service, Call& call, const api::OpenItemView& item) {
  const auto* key = service.content_keys.find(item.key);
  if (key == nullptr) return fail(api::kKeyRefStale);
  call.tenant = key->name.tenant;
  const auto segment = api::parse_segment(item.segment);
  if (!segment) return std::unexpected(segment.error());
  const auto& header = segment->header;
  if (header.tenant != key->name.tenant || header.room != key->name.room ||
      header.author != key->name.author || header.content_key != key->id) {
    return fail(api::kKeyRequestRefused, "the segment's header does not belong to the key");
  }
  Bytes plaintext;
  CONCLAVE_TRY(service.token().gcm_decrypt(key->key, segment->nonce, segment->header_bytes,
                                           segment->sealed, plaintext));
  return plaintext;
}

}  // namespace

Result<void> open(Service& service, Call& call) {
  const auto count = api::read_count(call.in);
  call.weight = count;
  call.out.u16(static_cast<std::uint16_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const auto item = api::read_open_item(call.in);
    if (!call.in.ok()) return malformed(call);
    api::write_outcome(call.out, open_one(service, call, item));
  }
  if (!call.in.done()) return malformed(call);
  return {};
}

}  // namespace conclave::hsm::keyd
