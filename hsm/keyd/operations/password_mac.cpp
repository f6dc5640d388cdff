#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {

Result<void> password_mac(Service& service, Call& call) {
  call.tenant.value = call.in.u64();
  const UserId account{call.in.u64()};
  const auto input = call.in.run(api::kMaxSmallText);
  if (!call.in.done()) return malformed(call);
  const auto wait_ms =
      service.password_limits.take(call.tenant, account, service.clock.monotonic_ms());
  if (wait_ms > 0) {
    return std::unexpected(Error(api::kPasswordThrottled).retry_after(wait_ms));
  }
  const auto key = service.key(labels::kPepper);
  if (!key) return std::unexpected(key.error());
  base::ByteWriter message(64 + input.size());
  message.run("conclave/password/1").u64(call.tenant.value).u64(account.value).run(input);
  const auto mac = service.token().hmac(*key, message.bytes());
  if (!mac) return std::unexpected(mac.error());
  call.out.run(*mac);
  return {};
}

}  // namespace conclave::hsm::keyd
