#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/authorities/authority.hpp"
#include "runtime/network/certificate_chain.hpp"

struct stack_st_X509;  // OpenSSL's STACK_OF(X509)

namespace conclave::authorities {

// What a presented chain is worth to a tenant, the worst guess first: of several authorities the
// one that came furthest speaks.
enum class Verdict : std::uint8_t {
  unknown_issuer,   // none of the tenant's authorities stands behind it
  malformed,        // unreadable, or a signature in it is wrong
  is_authority,     // what may issue certificates is nobody's own
  too_long,         // more than three certificates between it and the authority, or pathlen
  weak,             // below 112 bits, SHA-1 or MD5
  not_for_clients,  // key usage does not allow client authentication
  not_yet_valid,
  expired,       // it, or one between it and the authority, or the authority
  list_expired,  // the authority's revocation list is out of date: who was revoked is not known
  revoked,
  proven,
};
// "unknown_issuer", ...
[[nodiscard]] std::string_view to_text(Verdict verdict);

struct Judged {
  Verdict verdict = Verdict::unknown_issuer;
  AuthorityId authority;  // of a proven one, as the next
  // UTC: when the first certificate of the path, or revocation list that was asked, runs out.
  std::int64_t until_ms = 0;
};

// Holds presented chains against the authorities of one tenant: path validation of RFC 5280, 6,
// where each authority is a trust anchor of its own, self-signed or not. The authorities'
// revocation lists count for what they issued themselves, leaf or intermediate. Any one thread at a
// time.
class Verifier {
 public:
  // Authorities that do not parse are left out: they let nobody in.
  explicit Verifier(std::span<const Authority> authorities);
  ~Verifier();
  Verifier(Verifier&&) noexcept;
  Verifier& operator=(Verifier&&) noexcept;

  // Half a millisecond, parsing for the most part. `now_ms`: UTC.
  [[nodiscard]] Judged judge(const network::CertificateChain& presented, std::int64_t now_ms) const;

 private:
  struct Anchor;
  void ask_lists(stack_st_X509* path, std::int64_t now_ms, Judged& judged) const;

  std::vector<std::unique_ptr<Anchor>> anchors_;
};

}  // namespace conclave::authorities
