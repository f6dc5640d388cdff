#include "hsm/keyd/service.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {

Result<void> delete_author_key(Service& service, Call& call) {
  call.tenant.value = call.in.u64();
  const UserId author{call.in.u64()};
  if (!call.in.done() || !call.tenant || !author) return malformed(call);
  CONCLAVE_TRY(service.keyring.delete_author(call.tenant, author, service.clock.utc_ms()));
  service.content_keys.drop_if([&](const api::ContentKeyName& name) {
    return name.tenant == call.tenant && name.author == author;
  });
  observe::info("author_key.deleted", {{"tenant", call.tenant}, {"author", author}});
  return {};
}

}  // namespace conclave::hsm::keyd
