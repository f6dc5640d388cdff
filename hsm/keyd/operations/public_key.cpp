#include "hsm/keyd/public_keys.hpp"
#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {
namespace {

std::string_view label_of(api::PublicKeyKind kind) {
  switch (kind) {
    case api::PublicKeyKind::tls:
      return labels::kTls;
    case api::PublicKeyKind::access:
      return labels::kAccess;
    case api::PublicKeyKind::audit:
      return labels::kAudit;
    case api::PublicKeyKind::command:
      return labels::kCommand;
    case api::PublicKeyKind::authority:
      return labels::kRoot;
  }
  return {};
}

}  // namespace

Result<void> public_key(Service& service, Call& call) {
  const auto kind = call.in.u8();
  if (!call.in.done() || kind > static_cast<std::uint8_t>(api::PublicKeyKind::authority)) {
    return malformed(call);
  }
  const auto key = published_key(service.token(), label_of(api::PublicKeyKind{kind}));
  if (!key) return std::unexpected(key.error());
  call.out.run(key->spki).run(key->key_id);
  return {};
}

}  // namespace conclave::hsm::keyd
