#include "hsm/keyd/certificate.hpp"
#include "hsm/keyd/public_keys.hpp"
#include "hsm/keyd/service.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

Result<Bytes> stored_certificate(Service& service, std::string_view fact) {
  const auto text = service.keyring.file().meta(fact);
  if (!text) return std::unexpected(text.error());
  if (!*text) return fail(api::kKeyMissing, std::string(fact) + " certificate");
  return base::hex_decode(**text);
}

}  // namespace

Result<void> issue_certificate(Service& service, Call& call) {
  const auto request = api::read_certificate_request(call.in);
  if (!call.in.done()) return malformed(call);
  if (request.profile != "tls-server") {
    return fail(api::kKeyRequestRefused, "certificate profile " + request.profile);
  }
  // The profile is for the installation's own TLS key: no certificate for a key from elsewhere.
  const auto own = service.token().public_key(labels::kTls);
  if (!own) return std::unexpected(own.error());
  if (*own != request.spki) return fail(api::kKeyRequestRefused, "not the token's TLS key");
  const auto key = service.key(labels::kIssuing);
  if (!key) return std::unexpected(key.error());
  auto root = stored_certificate(service, facts::kRootCertificate);
  if (!root) return std::unexpected(std::move(root).error());
  auto issuing = stored_certificate(service, facts::kIssuingCertificate);
  if (!issuing) return std::unexpected(std::move(issuing).error());
  const auto signer = [&](ByteView digest) { return service.token().sign(*key, digest); };
  auto leaf = issue_server_leaf(request, *issuing, service.clock.utc_ms(), signer);
  if (!leaf) return std::unexpected(std::move(leaf).error());
  observe::info("certificate.issued", {{"profile", request.profile},
                                       {"names", request.dns_names.size()},
                                       {"addresses", request.ip_addresses.size()}});
  write(call.out,
        api::IssuedCertificate{std::move(*leaf), {std::move(*issuing), std::move(*root)}});
  return {};
}

}  // namespace conclave::hsm::keyd
