#include "hsm/keyd/service.hpp"
#include "runtime/base/random.hpp"

// The hot path of the whole server: one request a batch of messages, two token calls a segment.
namespace conclave::hsm::keyd {
namespace {

constexpr std::uint32_t kMaxSeals = 1U << 24U;  // of one key, while it is loaded (K1)

// Tenant, room, author and key of the header must be those that the key was made for.
Result<void> check_header(const ContentKey& key, const api::SealItemView& item) {
  const auto header = api::parse_seal_header(item.header);
  if (!header) return std::unexpected(header.error());
  if (header->tenant != key.name.tenant || header->room != key.name.room ||
      header->author != key.name.author || header->content_key != key.id) {
    return fail(api::kKeyRequestRefused, "the segment's header does not belong to the key");
  }
  if (header->plaintext != item.plaintext.size()) {
    return fail(base::kMalformed, "the entries' lengths do not add up to the text's");
  }
  if (key.seals >= kMaxSeals) return fail(api::kKeyRequestRefused, "the content key is used up");
  return {};
}

}  // namespace

Result<void> seal(Service& service, Call& call) {
  const auto count = api::read_count(call.in);
  call.weight = count;
  call.out.u16(static_cast<std::uint16_t>(count));
  // One read of the kernel's generator for the whole batch.
  Bytes nonces(count * api::kNonceSize);
  base::system_random().fill(nonces);
  for (std::size_t i = 0; i < count; ++i) {
    const auto item = api::read_seal_item(call.in);
    if (!call.in.ok()) return malformed(call);
    auto* key = service.content_keys.find(item.key);
    if (key == nullptr) return fail(api::kKeyRefStale);
    call.tenant = key->name.tenant;
    CONCLAVE_TRY(check_header(*key, item));
    const auto nonce = ByteView(nonces).subspan(i * api::kNonceSize, api::kNonceSize);
    service.scratch.assign(nonce.begin(), nonce.end());
    CONCLAVE_TRY(
        service.token().gcm_encrypt(key->key, nonce, item.header, item.plaintext, service.scratch));
    ++key->seals;
    call.out.run(service.scratch);
  }
  if (!call.in.done()) return malformed(call);
  return {};
}

}  // namespace conclave::hsm::keyd
