#include "runtime/server/doors.hpp"

#include <openssl/evp.h>

#include <fstream>
#include <iterator>

#include "hsm/api/errors.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/rules/errors.hpp"
#include "runtime/store/errors.hpp"

namespace conclave::server {
namespace {

constexpr std::string_view kVersion = "0.1.0";
constexpr std::string_view kPemBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kPemEnd = "-----END CERTIFICATE-----";

doors::native::Limits native_limits(const config::Limits& limits) {
  doors::native::Limits out;
  out.frame_bytes = limits.frame_bytes;
  out.body_bytes = limits.body_bytes;
  out.page_entries = limits.page_entries;
  out.in_flight = limits.in_flight;
  out.send_queue_bytes = limits.send_queue_bytes;
  out.sign_in = std::chrono::milliseconds(limits.sign_in_ms);
  out.heartbeat_ms = static_cast<std::int64_t>(limits.ping_after_ms);
  const auto requests = static_cast<double>(limits.requests_per_session_per_s);
  const auto user = static_cast<double>(limits.messages_per_user_per_s);
  const auto tenant = static_cast<double>(limits.messages_per_tenant_per_s);
  out.session = {requests, requests * 4};
  out.user = {user, user * 4};
  out.tenant = {tenant, tenant * 2};
  return out;
}

// SHA-256 of the root certificate (DER) in base64url; empty when there is no file to read.
std::string authority_digest(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string pem{std::istreambuf_iterator<char>(stream), {}};
  const std::size_t begin = pem.find(kPemBegin);
  const std::size_t end = pem.find(kPemEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  std::string text = pem.substr(begin + kPemBegin.size(), end - begin - kPemBegin.size());
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  Bytes der(text.size());
  const int size =
      EVP_DecodeBlock(der.data(), base::as_bytes(text).data(), static_cast<int>(text.size()));
  if (size <= 0) return {};
  // EVP_DecodeBlock counts the padding as bytes.
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  der.resize(static_cast<std::size_t>(size) - padding);
  return base::base64url_encode(base::sha256(der));
}

std::vector<doors::http::ReadyCheck> ready_checks(const Doors::Parts& parts,
                                                  const identity::RowWriter& rows,
                                                  const rules::Book& policies) {
  std::vector<doors::http::ReadyCheck> checks;
  checks.push_back({"token", [keys = &parts.keys, token = &parts.token]() -> Result<void> {
                      if (!keys->ready()) return fail(hsm::api::kTokenUnavailable);
                      if (!token->answers()) return fail(hsm::api::kTokenUnavailable, "no answer");
                      return {};
                    }});
  checks.push_back({"store", [store = &parts.store]() -> Result<void> {
                      const store::StoreStatus status = store->status();
                      if (status.writable) return {};
                      return fail(store::kStoreReadOnly, status.reason);
                    }});
  checks.push_back({"rows", [&rows] { return rows.usable(); }});
  checks.push_back({"policies",
                    [&policies]() -> Result<void> {
                      const std::size_t refused = policies.refused();
                      if (refused == 0) return {};
                      return fail(rules::kPolicyRefused, std::to_string(refused) + " tenants");
                    },
                    true});
  return checks;
}

}  // namespace

Doors::Doors(Parts parts)
    : parts_(std::move(parts)),
      files_("files", 1, 64),
      native_({parts_.io, parts_.shard, native_limits(parts_.config.limits),
               "conclave/" + std::string(kVersion), &base::system_clock(), &parts_.metrics}) {}

void Doors::open(Domain& domain) {
  native_.serve(
      {domain.sign_in, domain.doorkeeper, domain.approvals, domain.recovery, domain.account,
       domain.sessions, domain.chat, domain.presence, domain.states, domain.hub, domain.disclosure,
       domain.factors, domain.persons, domain.orders, domain.bans},
      authority_digest(parts_.paths.root_certificate));
  http_ = std::make_unique<doors::http::HttpDoor>(doors::http::HttpDoor::Parts{
      {domain.directory,
       domain.sessions,
       domain.sign_in,
       domain.doorkeeper,
       domain.recovery,
       domain.account,
       domain.factors,
       domain.administration,
       domain.bootstrap,
       domain.chat.administration(),
       domain.rules,
       domain.changes,
       domain.writer,
       domain.trail,
       domain.anchor,
       parts_.keys,
       parts_.store,
       base::system_clock(),
       files_,
       parts_.log,
       domain.orders,
       domain.bans,
       domain.authorities,
       &parts_.location},
      parts_.metrics,
      parts_.shard,
      ready_checks(parts_, domain.writer, domain.rules),
      {parts_.config.server.name, std::string(kVersion), parts_.fences, parts_.paths.backup_dir},
      {}});
}

void Doors::close(std::function<void()> done) {
  native_.stop([this, done = std::move(done)] {
    if (http_ == nullptr) return done();
    http_->close(done);
  });
}

}  // namespace conclave::server
