#include "hsm/keyd/ceremony.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "hsm/keyd/anchor.hpp"
#include "hsm/keyd/service.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostApprovals = 64;
constexpr std::size_t kLeastNonce = 16;
constexpr std::size_t kMostNonce = 64;
constexpr std::int64_t kLongestValidity_ms = 86'400'000;

std::unexpected<Error> invalid(std::string_view what) {
  return fail(api::kApprovalInvalid, std::string(what));
}

// Null when absent or of another type.
const json::string* text_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr ? value->if_string() : nullptr;
}

Result<std::vector<Approval>> parse_approvals(const json::object& object) {
  const auto* list = object.if_contains("approvals");
  std::vector<Approval> out;
  if (list == nullptr) return out;
  if (!list->is_array() || list->get_array().size() > kMostApprovals) {
    return fail(base::kMalformed, "ceremony: approvals");
  }
  for (const auto& item : list->get_array()) {
    if (!item.is_object()) return fail(base::kMalformed, "ceremony: approval");
    const auto* approver = text_in(item.get_object(), "approver");
    const auto* signature = text_in(item.get_object(), "signature");
    if (approver == nullptr || signature == nullptr) {
      return fail(base::kMalformed, "ceremony: approval");
    }
    auto bytes = base::base64url_decode(*signature);
    if (!bytes) return fail(base::kMalformed, "ceremony: signature");
    out.push_back({std::string(*approver), std::move(*bytes)});
  }
  return out;
}

Result<void> destroy_tenant(Service& service, const CeremonyRequest& request) {
  const auto tenant = base::parse_id<TenantId>(request.argument);
  if (!tenant) return fail(base::kMalformed, "ceremony: tenant id");
  if (!service.keeper.is_open()) return std::unexpected(service.keeper.refusal());
  service.content_keys.drop_if(
      [&](const api::ContentKeyName& name) { return name.tenant == *tenant; });
  return service.keyring.destroy_tenant(*tenant);
}

Result<void> order_anchor_reset(Service& service, const CeremonyRequest&) {
  if (service.keeper.state() != TokenState::ready) return fail(api::kTokenUnavailable);
  return reset_anchor(service.token());
}

using Execute = Result<void> (*)(Service&, const CeremonyRequest&);
struct CeremonyEntry {
  std::string_view name;
  Execute execute;
};
constexpr std::array kCeremonies = {
    CeremonyEntry{"tenant.destroy", destroy_tenant},
    CeremonyEntry{"approvers.change",
                  [](Service& service, const CeremonyRequest& request) {
                    return pin_approvers(request.argument, service.options.paths,
                                         service.keyring.file());
                  }},
    CeremonyEntry{"anchor.reset", order_anchor_reset},
    CeremonyEntry{"pin.clear", [](Service& service, const CeremonyRequest&) {
                    return service.keeper.clear_refusal();
                  }}};

Result<std::string> installation_of(Service& service) {
  auto installation = service.keyring.file().meta(facts::kInstallation);
  if (!installation) return std::unexpected(std::move(installation).error());
  if (!*installation) return fail(api::kKeyMissing, "installation id");
  return std::move(**installation);
}

Result<std::string> describe(Service& service) {
  auto installation = installation_of(service);
  if (!installation) return std::unexpected(std::move(installation).error());
  json::array names;
  std::size_t needed = 0;
  if (const auto approvers = load_approvers(service.options.paths, service.keyring.file())) {
    needed = approvers->needed;
    for (const auto& approver : approvers->list) names.emplace_back(approver.name);
  }
  return json::serialize(json::object{{"installation", *installation},
                                      {"needed", needed},
                                      {"approvers", std::move(names)},
                                      {"ready", service.keeper.state() == TokenState::ready},
                                      {"locked", service.keeper.state() == TokenState::locked},
                                      {"reason", service.keeper.reason()}});
}

Result<void> execute(Service& service, const CeremonyRequest& request) {
  const auto entry = std::ranges::find(kCeremonies, request.operation, &CeremonyEntry::name);
  if (entry == kCeremonies.end()) return fail(base::kMalformed, "ceremony: unknown operation");
  const auto approvers = load_approvers(service.options.paths, service.keyring.file());
  if (!approvers) return std::unexpected(approvers.error());
  const auto installation = installation_of(service);
  if (!installation) return std::unexpected(installation.error());
  const auto now_ms = service.clock.utc_ms();
  CONCLAVE_TRY(check_approvals(request, *approvers, *installation, now_ms));
  // Spent before it is done: an order is never carried out twice, even if it fails half-way.
  const auto fresh = service.keyring.file().spend_nonce(request.nonce, request.expiry_ms, now_ms);
  if (!fresh) return std::unexpected(fresh.error());
  if (!*fresh) return invalid("this order was given before");
  const auto done = entry->execute(service, request);
  observe::warn("ceremony.executed",
                {{"operation", request.operation},
                 {"argument", base::hex_encode(base::sha256(request.argument))},
                 {"approvals", request.approvals.size()},
                 {"good", done.has_value()}});
  return done;
}

Result<void> handle(Service& service, Call& call) {
  const auto request = parse_ceremony(base::as_text(call.in.raw(call.in.remaining())));
  if (!request) return std::unexpected(request.error());
  if (request->operation == "describe") {
    const auto description = describe(service);
    if (!description) return std::unexpected(description.error());
    call.out.raw(*description);
    return {};
  }
  CONCLAVE_TRY(execute(service, *request));
  call.out.raw(R"({"done":true})");
  return {};
}

constexpr OperationEntry kCeremony{"ceremony", Lane::maintenance, false, handle};

}  // namespace

const OperationEntry& ceremony_operation() {
  return kCeremony;
}

Result<CeremonyRequest> parse_ceremony(std::string_view text) {
  json::error_code failed;
  const auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return fail(base::kMalformed, "ceremony: not a JSON object");
  const auto& object = value.get_object();
  const auto* operation = text_in(object, "operation");
  if (operation == nullptr) return fail(base::kMalformed, "ceremony: operation");
  CeremonyRequest out;
  out.operation = *operation;
  if (out.operation == "describe") return out;
  const auto* argument = text_in(object, "argument");
  const auto* installation = text_in(object, "installation");
  const auto* nonce = text_in(object, "nonce");
  const auto* expiry = object.if_contains("expiry_ms");
  if (argument == nullptr || installation == nullptr || nonce == nullptr || expiry == nullptr ||
      !expiry->is_int64()) {
    return fail(base::kMalformed, "ceremony: argument, installation, nonce, expiry_ms");
  }
  auto nonce_bytes = base::base64url_decode(*nonce);
  if (!nonce_bytes || nonce_bytes->size() < kLeastNonce || nonce_bytes->size() > kMostNonce) {
    return fail(base::kMalformed, "ceremony: nonce of 16 to 64 bytes");
  }
  auto approvals = parse_approvals(object);
  if (!approvals) return std::unexpected(std::move(approvals).error());
  out.argument = *argument;
  out.installation = *installation;
  out.expiry_ms = expiry->get_int64();
  out.nonce = std::move(*nonce_bytes);
  out.approvals = std::move(*approvals);
  return out;
}

base::Sha256 ceremony_digest(const CeremonyRequest& request) {
  const auto argument = base::sha256(request.argument);
  const auto expiry = std::to_string(request.expiry_ms);
  return base::transcript_digest(
      {base::as_bytes("conclave/ceremony/1"), base::as_bytes(request.operation), argument,
       base::as_bytes(request.installation), base::as_bytes(expiry), request.nonce});
}

Result<void> check_approvals(const CeremonyRequest& request, const Approvers& approvers,
                             std::string_view installation, std::int64_t now_ms) {
  if (approvers.needed == 0) return invalid("no custodians are pinned");
  if (request.installation != installation) return invalid("for another installation");
  if (request.expiry_ms <= now_ms) return invalid("expired");
  if (request.expiry_ms > now_ms + kLongestValidity_ms) return invalid("valid for too long");
  const auto digest = ceremony_digest(request);
  std::set<std::string_view> signers;
  for (const auto& approval : request.approvals) {
    const auto who = std::ranges::find(approvers.list, approval.approver, &Approver::name);
    if (who == approvers.list.end()) return invalid("not a custodian: " + approval.approver);
    if (!api::verify(who->key, digest, approval.signature)) {
      return invalid("wrong signature of " + approval.approver);
    }
    signers.insert(who->name);
  }
  if (signers.size() < approvers.needed) {
    return invalid(std::to_string(signers.size()) + " of " + std::to_string(approvers.needed) +
                   " approvals");
  }
  return {};
}

}  // namespace conclave::hsm::keyd
