#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {

Result<void> reuse_mac(Service& service, Call& call) {
  // A person stands above tenants, so no tenant is counted.
  const std::uint64_t person = call.in.u64();
  const auto input = call.in.run(api::kMaxSmallText);
  if (!call.in.done() || person == 0) return malformed(call);
  const auto wait_ms =
      service.reuse_limits.take(TenantId{}, UserId{person}, service.clock.monotonic_ms());
  if (wait_ms > 0) {
    return std::unexpected(Error(api::kPasswordThrottled).retry_after(wait_ms));
  }
  const auto key = service.key(labels::kReuse);
  if (!key) return std::unexpected(key.error());
  base::ByteWriter message(64 + input.size());
  message.run("conclave/reuse/1").u64(person).run(input);
  const auto mac = service.token().hmac(*key, message.bytes());
  if (!mac) return std::unexpected(mac.error());
  call.out.run(*mac);
  return {};
}

}  // namespace conclave::hsm::keyd
