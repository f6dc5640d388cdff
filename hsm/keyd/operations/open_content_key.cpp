#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {

Result<void> open_content_key(Service& service, Call& call) {
  const auto name = api::read_content_key_name(call.in);
  const auto id = api::read_key_id(call.in);
  const auto blob = call.in.run(api::kMaxKeyBlob);
  call.tenant = name.tenant;
  if (!call.in.done()) return malformed(call);
  if (const auto loaded = service.content_keys.loaded(name, id)) {
    call.out.u64(loaded->value);
    return {};
  }
  const auto key = service.keyring.open_content_key(name, id, blob);
  if (!key) return std::unexpected(key.error());
  call.out.u64(service.content_keys.put(name, id, *key).value);
  return {};
}

}  // namespace conclave::hsm::keyd
