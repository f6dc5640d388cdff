#include "sdk/client/transcript.hpp"

namespace conclave::client {

std::string_view domain_of(std::string_view account) {
  const auto at = account.rfind('@');
  return at == std::string_view::npos ? std::string_view{} : account.substr(at + 1);
}

std::string folded(std::string_view account) {
  std::string out(account);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

base::Sha256 digest(const Transcript& transcript) {
  using base::as_bytes;
  // The tenant's id is not known before sign-in: its field is empty, the domain names the tenant.
  return base::transcript_digest({as_bytes("conclave/auth/1"), as_bytes(transcript.purpose),
                                  as_bytes(domain_of(transcript.account)), as_bytes(""),
                                  as_bytes(transcript.account), as_bytes(transcript.device),
                                  as_bytes(transcript.algorithm), transcript.device_key,
                                  transcript.nonce_server, transcript.nonce_client,
                                  as_bytes(transcript.binding.type), transcript.binding.value});
}

}  // namespace conclave::client
