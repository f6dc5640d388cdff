#include "runtime/identity/transcript.hpp"

namespace conclave::identity {

base::Sha256 digest(const Transcript& t) {
  using base::as_bytes;
  return base::transcript_digest({as_bytes("conclave/auth/1"),
                                  as_bytes(t.purpose),
                                  as_bytes(t.domain),
                                  {},
                                  as_bytes(t.account),
                                  as_bytes(t.device),
                                  as_bytes(hsm::api::to_text(t.key.algorithm)),
                                  t.key.point,
                                  t.nonce_s,
                                  t.nonce_c,
                                  as_bytes(t.binding.type),
                                  t.binding.value});
}

base::Sha256 http_proof_digest(std::string_view method, std::string_view target,
                               std::string_view body, std::string_view token, std::int64_t time_ms,
                               ByteView nonce) {
  using base::as_bytes;
  const base::Sha256 body_digest = base::sha256(body);
  const base::Sha256 token_digest = base::sha256(token);
  const std::string time = std::to_string(time_ms);
  return base::transcript_digest({as_bytes("conclave/http/1"), as_bytes(method), as_bytes(target),
                                  body_digest, token_digest, as_bytes(time), nonce});
}

}  // namespace conclave::identity
