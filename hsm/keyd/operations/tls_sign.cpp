#include "hsm/keyd/public_keys.hpp"
#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::size_t kShortestDigest = 20;
constexpr std::size_t kLongestDigest = 64;
constexpr std::size_t kGroupSize =
    32;  // P-256: ECDSA takes the leftmost 32 bytes (FIPS 186-4, 6.4)

}  // namespace

Result<void> tls_sign(Service& service, Call& call) {
  const auto digest = call.in.run(api::kMaxSmallText);
  if (!call.in.done() || digest.size() < kShortestDigest || digest.size() > kLongestDigest) {
    return malformed(call);
  }
  const auto key = service.key(labels::kTls);
  if (!key) return std::unexpected(key.error());
  const auto signature =
      service.token().sign(*key, digest.first(std::min(digest.size(), kGroupSize)));
  if (!signature) return std::unexpected(signature.error());
  call.out.run(der_signature(*signature));
  return {};
}

}  // namespace conclave::hsm::keyd
