#include "runtime/doors/http/guard.hpp"

#include <charconv>
#include <cstdlib>

#include "hsm/api/signature.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/doors/http/errors.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/transcript.hpp"

namespace conclave::doors::http {

namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kMinNonce = 16;
constexpr std::size_t kMaxNonce = 64;
constexpr std::size_t kMaxBuckets = 50'000;
constexpr std::size_t kMaxNonces = 200'000;
constexpr std::int64_t kSweepMs = 10'000;

struct Proof {
  std::int64_t time_ms = 0;
  Bytes nonce;
  Bytes signature;
};

std::string_view word(std::string_view* rest) {
  const std::size_t end = std::min(rest->find(' '), rest->size());
  const std::string_view out = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return out;
}

// "v1 <time_ms> <nonce> <signature>"
Result<Proof> parse_proof(std::string_view header) {
  if (word(&header) != "v1") return fail(kProofInvalid, "header Conclave-Proof");
  Proof out;
  const std::string_view time = word(&header);
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), out.time_ms);
  auto nonce = base::base64url_decode(word(&header));
  auto signature = base::base64url_decode(word(&header));
  const bool sound = error == std::errc{} && end == time.data() + time.size() && nonce &&
                     signature && header.empty();
  if (!sound || nonce->size() < kMinNonce || nonce->size() > kMaxNonce) {
    return fail(kProofInvalid, "header Conclave-Proof");
  }
  out.nonce = std::move(*nonce);
  out.signature = std::move(*signature);
  return out;
}

}  // namespace

Result<void> HttpDoor::Guard::spend(const std::string& key, double per_s, double burst) {
  const std::int64_t now_ms = services_.clock.monotonic_ms();
  if (buckets_.size() > kMaxBuckets) {
    // A bucket that was left alone for a minute is full again and says nothing.
    std::erase_if(buckets_, [now_ms](const auto& entry) {
      return now_ms - entry.second.updated_ms > 60'000;
    });
    if (buckets_.size() > kMaxBuckets) buckets_.clear();
  }
  auto [place, fresh] = buckets_.try_emplace(key, Bucket{burst, now_ms});
  Bucket& bucket = place->second;
  const double age_s = static_cast<double>(now_ms - bucket.updated_ms) / 1000.0;
  bucket.tokens = std::min(burst, bucket.tokens + age_s * per_s);
  bucket.updated_ms = now_ms;
  if (bucket.tokens < 1) {
    const auto wait_ms = static_cast<std::int64_t>((1 - bucket.tokens) / per_s * 1000) + 1;
    return std::unexpected(Error(kTooOften).retry_after(wait_ms));
  }
  bucket.tokens -= 1;
  return {};
}

Result<void> HttpDoor::Guard::admit_address(const std::string& address) {
  return spend("a|" + address, limits_.sign_ins_per_address_per_s,
               limits_.sign_ins_per_address_burst);
}

Result<void> HttpDoor::Guard::use_nonce(SessionId session, ByteView nonce) {
  const std::int64_t now_ms = services_.clock.monotonic_ms();
  if (now_ms - swept_ms_ > kSweepMs) {
    std::erase_if(nonces_, [now_ms](const auto& entry) { return entry.second < now_ms; });
    swept_ms_ = now_ms;
  }
  if (nonces_.size() >= kMaxNonces) return fail(kOverloaded);
  std::string key = base::to_text(session);
  key.append(base::as_text(nonce));
  // As long as any time within the window on either side could still be accepted.
  const std::int64_t expiry_ms = now_ms + 2 * limits_.proof_window_ms;
  if (!nonces_.try_emplace(std::move(key), expiry_ms).second) return fail(kProofReplayed);
  return {};
}

Result<identity::Actor> HttpDoor::Guard::authenticate(const wire::HttpRequest& request) {
  const std::string_view header = request.header("authorization");
  if (!header.starts_with(kBearer)) return fail(kTokenMissing);
  const std::string_view token = header.substr(kBearer.size());
  const auto actor = services_.sign_in.authenticate(token);
  if (!actor) return actor;
  CONCLAVE_TRY(spend("d|" + base::to_text(actor->tenant) + base::to_text(actor->device),
                     limits_.calls_per_device_per_s, limits_.calls_per_device_burst));
  const auto proof = parse_proof(request.header("conclave-proof"));
  if (!proof) return std::unexpected(proof.error());
  const std::int64_t off_ms = std::llabs(services_.clock.utc_ms() - proof->time_ms);
  if (off_ms > limits_.proof_window_ms) return fail(kProofStale);
  const identity::Device* device = services_.directory.device(actor->tenant, actor->device);
  if (device == nullptr || device->revoked_ms != 0) return fail(identity::kSessionEnded);
  const base::Sha256 message = identity::http_proof_digest(
      request.method, request.target, request.body, token, proof->time_ms, proof->nonce);
  if (!hsm::api::verify(device->key, message, proof->signature)) return fail(kProofInvalid);
  CONCLAVE_TRY(use_nonce(actor->session, proof->nonce));
  return actor;
}

}  // namespace conclave::doors::http
