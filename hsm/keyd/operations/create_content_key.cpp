#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {

Result<void> create_content_key(Service& service, Call& call) {
  const auto name = api::read_content_key_name(call.in);
  call.tenant = name.tenant;
  if (!call.in.done() || !name.tenant || !name.room || !name.author) return malformed(call);
  const auto made = service.keyring.create_content_key(name);
  if (!made) return std::unexpected(made.error());
  const auto ref = service.content_keys.put(name, made->id, made->key);
  api::write_key_id(call.out, made->id);
  call.out.run(made->blob).u64(ref.value);
  return {};
}

}  // namespace conclave::hsm::keyd
