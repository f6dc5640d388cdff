#include "runtime/authorities/verifier.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <limits>

#include "runtime/authorities/x509.hpp"

namespace conclave::authorities {

namespace {

using base::Freed;

constexpr int kMostBetween = 3;  // certificates between the leaf and the authority
constexpr int kAuthLevel = 2;    // OpenSSL's name for 112 bits, in keys and signatures
constexpr std::int64_t kMsPerS = 1'000;
constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

struct FreedPath {
  void operator()(STACK_OF(X509) * path) const { sk_X509_free(path); }  // not what is in it
};

Verdict verdict_of(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return Verdict::unknown_issuer;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return Verdict::too_long;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return Verdict::weak;
    case X509_V_ERR_INVALID_PURPOSE:
      return Verdict::not_for_clients;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Verdict::not_yet_valid;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Verdict::expired;
    default:
      return Verdict::malformed;
  }
}

bool same_issuer(const X509* one, const X509* other) {
  return X509_NAME_cmp(X509_get_subject_name(one), X509_get_subject_name(other)) == 0 &&
         EVP_PKEY_eq(X509_get0_pubkey(one), X509_get0_pubkey(other)) == 1;
}

// Who stands in front of whom, leaf first.
struct Presented {
  Certificate leaf;
  std::vector<Certificate> others;
  std::unique_ptr<STACK_OF(X509), FreedPath> path{sk_X509_new_null()};

  [[nodiscard]] bool read(const network::CertificateChain& chain) {
    if (chain.der.empty() || !path) return false;
    leaf = parse_certificate(chain.der.front());
    for (const Bytes& der : std::span(chain.der).subspan(1)) {
      others.push_back(parse_certificate(der));
      if (!others.back() || sk_X509_push(path.get(), others.back().get()) <= 0) return false;
    }
    return leaf != nullptr;
  }
};

}  // namespace

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::unknown_issuer:
      return "unknown_issuer";
    case Verdict::malformed:
      return "malformed";
    case Verdict::is_authority:
      return "is_authority";
    case Verdict::too_long:
      return "too_long";
    case Verdict::weak:
      return "weak";
    case Verdict::not_for_clients:
      return "not_for_clients";
    case Verdict::not_yet_valid:
      return "not_yet_valid";
    case Verdict::expired:
      return "expired";
    case Verdict::list_expired:
      return "list_expired";
    case Verdict::revoked:
      return "revoked";
    case Verdict::proven:
      return "proven";
  }
  return "unknown";
}

struct Verifier::Anchor {
  AuthorityId id;
  Certificate certificate;
  RevocationList list;  // null: it revokes none
  std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> store{X509_STORE_new()};

  // The path from the leaf to this anchor; on a failure why, and no path.
  using Path = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;
  [[nodiscard]] std::pair<Verdict, Path> path_from(const Presented& presented,
                                                   std::int64_t now_ms) const {
    Path check(X509_STORE_CTX_new());
    if (!check || X509_STORE_CTX_init(check.get(), store.get(), presented.leaf.get(),
                                      presented.path.get()) != 1) {
      return {Verdict::malformed, nullptr};
    }
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(check.get());
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT);
    X509_VERIFY_PARAM_set_depth(rules, kMostBetween);
    X509_VERIFY_PARAM_set_auth_level(rules, kAuthLevel);
    X509_VERIFY_PARAM_set_time(rules, now_ms / kMsPerS);
    // An authority may be one below somebody's root.
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(check.get()) == 1) return {Verdict::proven, std::move(check)};
    return {verdict_of(X509_STORE_CTX_get_error(check.get())), nullptr};
  }

  // What its list says of a certificate that it issued.
  [[nodiscard]] Verdict standing_of(X509* issued, std::int64_t now_ms) const {
    if (!list) return Verdict::proven;
    X509_REVOKED* entry = nullptr;
    // 2: "removeFromCRL", which takes an entry back.
    if (X509_CRL_get0_by_cert(list.get(), &entry, issued) == 1) return Verdict::revoked;
    const bool current =
        ms_of(X509_CRL_get0_lastUpdate(list.get())) <= now_ms && now_ms < list_until_ms();
    return current ? Verdict::proven : Verdict::list_expired;
  }
  [[nodiscard]] std::int64_t list_until_ms() const {
    return list ? ms_of(X509_CRL_get0_nextUpdate(list.get())) : kForever;
  }
};

Verifier::Verifier(std::span<const Authority> authorities) {
  for (const Authority& authority : authorities) {
    auto anchor = std::make_unique<Anchor>();
    anchor->id = authority.id;
    anchor->certificate = parse_certificate(authority.certificate);
    if (!authority.revocations.empty()) anchor->list = parse_list(authority.revocations);
    const bool listed = authority.revocations.empty() || anchor->list;
    if (!anchor->certificate || !listed || !anchor->store ||
        X509_STORE_add_cert(anchor->store.get(), anchor->certificate.get()) != 1) {
      continue;
    }
    anchors_.push_back(std::move(anchor));
  }
}

Verifier::~Verifier() = default;
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier& Verifier::operator=(Verifier&&) noexcept = default;

// Every issuer of the path that is an authority of the tenant, not its end alone.
void Verifier::ask_lists(STACK_OF(X509) * path, std::int64_t now_ms, Judged& judged) const {
  for (int i = 0; i < sk_X509_num(path); ++i) {
    X509* one = sk_X509_value(path, i);
    judged.until_ms = std::min(judged.until_ms, ms_of(X509_get0_notAfter(one)));
    if (i + 1 == sk_X509_num(path)) return;
    for (const auto& issuer : anchors_) {
      if (!same_issuer(issuer->certificate.get(), sk_X509_value(path, i + 1))) continue;
      judged.verdict = std::min(judged.verdict, issuer->standing_of(one, now_ms));
      judged.until_ms = std::min(judged.until_ms, issuer->list_until_ms());
    }
  }
}

Judged Verifier::judge(const network::CertificateChain& presented, std::int64_t now_ms) const {
  Presented read;
  if (!read.read(presented)) return {Verdict::malformed, {}, 0};
  if (X509_check_ca(read.leaf.get()) == 1) return {Verdict::is_authority, {}, 0};
  Judged best;
  for (const auto& anchor : anchors_) {
    const auto [verdict, path] = anchor->path_from(read, now_ms);
    Judged judged{verdict, anchor->id, kForever};
    if (path) ask_lists(X509_STORE_CTX_get0_chain(path.get()), now_ms, judged);
    if (judged.verdict == Verdict::proven) {
      best = judged;
      break;
    }
    if (judged.verdict > best.verdict) best = {judged.verdict, {}, 0};
  }
  ERR_clear_error();
  return best;
}

}  // namespace conclave::authorities
