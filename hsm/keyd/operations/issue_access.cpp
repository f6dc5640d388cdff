#include <boost/json.hpp>

#include "hsm/keyd/public_keys.hpp"
#include "hsm/keyd/service.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/base/random.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::int64_t kLifetime_s = 300;

std::string encoded(const boost::json::object& object) {
  return base::base64url_encode(base::as_bytes(boost::json::serialize(object)));
}

// keyd builds every claim itself: nobody can ask for a token that lives longer or has another form.
boost::json::object claims_object(const api::AccessClaims& claims, std::int64_t now_s) {
  return {{"iss", "conclave"},
          {"aud", claims.audience},
          {"sub", base::to_text(claims.user)},
          {"tenant", base::to_text(claims.tenant)},
          {"device", base::to_text(claims.device)},
          {"session", base::to_text(claims.session)},
          {"generation", claims.generation},
          {"device_key", base::base64url_encode(claims.device_key_digest)},
          {"iat", now_s},
          {"exp", now_s + kLifetime_s},
          {"jti", base::base64url_encode(base::system_random().bytes(16))}};
}

}  // namespace

Result<void> issue_access(Service& service, Call& call) {
  const auto claims = api::read_access_claims(call.in);
  call.tenant = claims.tenant;
  if (!call.in.done() || !base::is_utf8(claims.audience)) return malformed(call);
  const auto key = service.key(labels::kAccess);
  if (!key) return std::unexpected(key.error());
  const auto published = published_key(service.token(), labels::kAccess);
  if (!published) return std::unexpected(published.error());
  const auto now_s = service.clock.utc_ms() / 1000;
  const auto input = encoded({{"alg", "ES256"}, {"typ", "at+jwt"}, {"kid", published->key_id}}) +
                     "." + encoded(claims_object(claims, now_s));
  const auto signature = service.token().sign(*key, base::sha256(input));
  if (!signature) return std::unexpected(signature.error());
  call.out.run(input + "." + base::base64url_encode(*signature));
  call.out.i64((now_s + kLifetime_s) * 1000);
  return {};
}

}  // namespace conclave::hsm::keyd
