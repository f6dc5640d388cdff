#include "runtime/admission/approvals.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstdio>

#include "runtime/admission/errors.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/identity/row_form.hpp"

namespace conclave::admission {

namespace {

using identity::Actor;
using identity::Device;

constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kKeptMs = 600'000;
constexpr std::size_t kSecretSize = 16;
constexpr std::uint64_t kNumbers = 10'000;

std::string four_digits(base::Random& random) {
  char text[8] = {};
  std::snprintf(text, sizeof text, "%04u", static_cast<unsigned>(random.id_value() % kNumbers));
  return text;
}

bool same(ByteView left, ByteView right) {
  return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string_view decision_text(bool approve) {
  return approve ? "approve" : "deny";
}

}  // namespace

base::Sha256 approval_digest(const ApprovalView& view, TenantId tenant, bool approve) {
  using base::as_bytes;
  const std::string id = base::to_text(view.approval);
  const std::string tenant_text = base::to_text(tenant);
  const std::string expiry = std::to_string(view.expires_ms);
  return base::transcript_digest(
      {as_bytes("conclave/approve/1"), as_bytes(id), as_bytes(tenant_text), as_bytes(view.account),
       view.key, view.nonce_s, as_bytes(decision_text(approve)), as_bytes(expiry)});
}

const Approvals::Request* Approvals::find(ApprovalId id) const {
  const auto found = requests_.find(id);
  return found == requests_.end() ? nullptr : &found->second;
}

bool Approvals::is_open(const Request& request) const {
  return request.state == policy::ApprovalState::pending &&
         request.view.expires_ms > parts_.clock.utc_ms();
}

Result<ApprovalId> Approvals::ask(const Candidate& candidate, Terms terms) {
  const Device& device = candidate.device;
  const identity::User* user = parts_.directory.user(device.tenant, device.user);
  if (user == nullptr) return fail(kApprovalUnknown);
  const std::int64_t now_ms = parts_.clock.utc_ms();
  for (const auto& [id, other] : requests_) {
    if (other.tenant != device.tenant || other.user != device.user || !is_open(other)) continue;
    return std::unexpected(Error(kApprovalBusy).retry_after(other.view.expires_ms - now_ms));
  }
  Request request;
  request.view = {ApprovalId{parts_.random.id_value()},
                  parts_.directory.account_of(*user),
                  candidate.device_name,
                  device.platform,
                  candidate.connection.address,
                  std::move(terms.place),
                  device.key.point,
                  candidate.nonce_s,
                  terms.way,
                  now_ms + terms.lifetime_s * kSecondMs};
  request.tenant = device.tenant;
  request.user = device.user;
  request.newcomer = device.id;
  request.number = four_digits(parts_.random);
  request.secret = parts_.random.bytes(kSecretSize);
  request.attempts_allowed = terms.attempts;
  const ApprovalId id = request.view.approval;
  asked_[{device.tenant, device.user}].push_back(now_ms);
  parts_.hub.publish_to_user(
      sync::ApprovalRequested{id, request.view.device_name, request.view.platform,
                              request.view.address, request.view.place,
                              std::string(policy::to_text(terms.way)), request.view.expires_ms},
      device.tenant, device.user);
  requests_.emplace(id, std::move(request));
  return id;
}

std::string Approvals::pending_members(ApprovalId id) const {
  const Request* request = find(id);
  if (request == nullptr || !is_open(*request)) return {};
  const std::string id_text = base::to_text(id);
  // The number is for the weak way only: where a code is asked for, nothing else may do.
  const bool number = request->view.way == policy::Approval::number_match;
  return R"("approval":")" + id_text + R"(","number":")" + (number ? request->number : "") +
         R"(","qr":"conclave:approve:)" + id_text + ":" + base::base64url_encode(request->secret) +
         R"(","expires_ms":)" + std::to_string(request->view.expires_ms);
}

std::vector<ApprovalView> Approvals::pending(const Actor& actor) const {
  std::vector<ApprovalView> out;
  for (const auto& [id, request] : requests_) {
    if (request.tenant == actor.tenant && request.user == actor.user && is_open(request)) {
      out.push_back(request.view);
    }
  }
  return out;
}

Result<Approvals::Request*> Approvals::answerable(const Actor& actor,
                                                  const ApprovalAnswer& answer) {
  const auto found = requests_.find(answer.approval);
  if (found == requests_.end() || found->second.tenant != actor.tenant ||
      found->second.user != actor.user || !is_open(found->second)) {
    return fail(kApprovalUnknown);
  }
  const Device* device = parts_.directory.device(actor.tenant, actor.device);
  if (device == nullptr || device->revoked_ms != 0 || !device->primary) return fail(kNotPrimary);
  const base::Sha256 message = approval_digest(found->second.view, actor.tenant, answer.approve);
  if (!hsm::api::verify(device->key, message, answer.signature)) {
    return fail(kApprovalWrong, "signature");
  }
  return &found->second;
}

Task<Result<void>> Approvals::answer(Actor actor, ApprovalAnswer answer) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  auto request = answerable(actor, answer);
  if (!request) co_return std::unexpected(request.error());
  Request& found = **request;
  const bool by_code = !answer.secret.empty();
  const bool right = by_code
                         ? same(answer.secret, found.secret)
                         : found.view.way == policy::Approval::number_match &&
                               same(base::as_bytes(answer.number), base::as_bytes(found.number));
  if (answer.approve && !right) {
    if (++found.failed >= found.attempts_allowed) found.state = policy::ApprovalState::denied;
    audit::Entry entry{actor.tenant,
                       actor.user,
                       actor.tenant,
                       actor.device,
                       "approval.wrong_number",
                       base::to_text(answer.approval),
                       {}};
    CONCLAVE_CO_TRY(co_await parts_.writer.write({}, {}, std::move(entry)));
    co_return fail(kApprovalWrong);
  }
  found.method = by_code ? policy::Approval::qr : policy::Approval::number_match;
  found.answered_ms = parts_.clock.utc_ms();
  const ApprovalId id = answer.approval;
  const bool approve = answer.approve;
  CONCLAVE_CO_TRY(co_await store(actor, std::move(answer), found));
  // Found again: the table may have changed while the row was written.
  if (const auto again = requests_.find(id); again != requests_.end()) {
    again->second.state = approve ? policy::ApprovalState::approved : policy::ApprovalState::denied;
  }
  parts_.hub.publish_to_user(
      sync::ApprovalSettled{id, std::string(decision_text(approve)), parts_.clock.utc_ms()},
      actor.tenant, actor.user);
  co_return Result<void>{};
}

// The evidence: everything that was signed, and the signature.
Task<Result<void>> Approvals::store(Actor actor, ApprovalAnswer answer, Request request) {
  const identity::RowForm form{store::RecordKind::approval, actor.tenant, answer.approval.value, 0,
                               1};
  base::ByteWriter out = identity::begin_row(form);
  const ApprovalView& view = request.view;
  out.u64(actor.user.value).u64(actor.device.value).u64(request.newcomer.value);
  out.run(view.account).run(view.key).run(view.nonce_s);
  out.u8(answer.approve ? 1 : 0).u8(static_cast<std::uint8_t>(request.method));
  out.i64(view.expires_ms).i64(request.answered_ms).run(answer.signature);
  std::vector<store::Record> rows;
  rows.push_back(identity::finish_row(form, std::move(out)));
  audit::Entry entry{actor.tenant,
                     actor.user,
                     actor.tenant,
                     actor.device,
                     answer.approve ? "approval.given" : "approval.denied",
                     base::to_text(answer.approval),
                     {{"newcomer", base::to_text(request.newcomer)},
                      {"way", std::string(policy::to_text(request.method))},
                      {"signature", base::base64url_encode(answer.signature)}}};
  co_return co_await parts_.writer.write(std::move(rows), {}, std::move(entry));
}

policy::ApprovalFacts Approvals::facts(const Candidate& candidate) const {
  policy::ApprovalFacts out;
  const std::int64_t now_ms = parts_.clock.utc_ms();
  const auto asked = asked_.find({candidate.device.tenant, candidate.device.user});
  if (asked != asked_.end()) {
    out.asked_today = std::ranges::count_if(
        asked->second, [&](std::int64_t at_ms) { return now_ms - at_ms < kDayMs; });
  }
  const Request* request = find(candidate.approval);
  if (request == nullptr || request->newcomer != candidate.device.id) return out;
  out.failed_attempts = request->failed;
  out.method = request->method;
  if (request->state == policy::ApprovalState::pending) {
    if (is_open(*request)) out.state = policy::ApprovalState::pending;
    return out;
  }
  out.state = request->state;
  out.age_s = std::max<std::int64_t>(0, (now_ms - request->answered_ms) / kSecondMs);
  return out;
}

void Approvals::sweep() {
  const std::int64_t now_ms = parts_.clock.utc_ms();
  std::erase_if(requests_,
                [&](const auto& entry) { return now_ms - entry.second.view.expires_ms > kKeptMs; });
  for (auto& [user, times] : asked_) {
    while (!times.empty() && now_ms - times.front() >= kDayMs) times.pop_front();
  }
  std::erase_if(asked_, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace conclave::admission
