#include <algorithm>

#include "runtime/changes/changes.hpp"
#include "runtime/changes/electors.hpp"
#include "runtime/changes/errors.hpp"
#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/rules/errors.hpp"

// How a change is made: proposed, signed, withdrawn, put into force.
namespace conclave::changes {

namespace {

constexpr std::size_t kPendingMost = 16;  // of one tenant

audit::Entry entry_of(const identity::Actor& by, const Change& change, std::string action) {
  const policy::Proposal& proposal = change.proposal;
  auto entry =
      identity::admin_entry(by, proposal.tenant, std::move(action), base::to_text(proposal.change));
  entry.facts = {{"kind", proposal.kind},
                 {"effect", policy::to_text(proposal.effect)},
                 {"old_version", std::to_string(proposal.old_version)}};
  return entry;
}

}  // namespace

policy::Quorum Changes::quorum_of(const rules::Draft& draft, std::int64_t now_ms) const {
  const auto users = static_cast<std::uint16_t>(parts_.user_signatures);
  return policy::quorum_of(draft.changes,
                           {static_cast<std::uint8_t>(parts_.signatures), users,
                            users_of(parts_.directory, draft.version.tenant, now_ms, users)});
}

Result<Plan> Changes::plan(const identity::Actor& by, TenantId tenant, std::string document) const {
  CONCLAVE_TRY(parts_.book.may_write(by, tenant));
  auto draft = parts_.book.draft(tenant, std::move(document), {});
  if (!draft) return std::unexpected(std::move(draft).error());
  Plan out;
  out.waits = policy::waits(draft->version.effect);
  if (out.waits) out.quorum = quorum_of(*draft, parts_.clock.utc_ms());
  out.draft = *std::move(draft);
  return out;
}

Task<Result<Outcome>> Changes::set(identity::Actor by, TenantId tenant, std::string document,
                                   Wish wish) {
  CONCLAVE_CO_TRY(parts_.book.may_write(by, tenant));
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(std::move(pass).error());
  auto draft = parts_.book.draft(tenant, std::move(document), wish.note);
  if (!draft) co_return std::unexpected(std::move(draft).error());
  co_return co_await carry_out(by, *std::move(draft), std::move(wish));
}

Task<Result<Outcome>> Changes::roll_back(identity::Actor by, TenantId tenant, std::uint64_t number,
                                         Wish wish) {
  // The right to write first: whoever may only read learns nothing new from the answer.
  CONCLAVE_CO_TRY(parts_.book.may_write(by, tenant));
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(std::move(pass).error());
  auto old = parts_.book.document(by, tenant, number);
  if (!old) co_return std::unexpected(std::move(old).error());
  auto draft = parts_.book.draft(tenant, std::move(old->document), wish.note);
  if (!draft) co_return std::unexpected(std::move(draft).error());
  draft->version.copy_of = number;
  co_return co_await carry_out(by, *std::move(draft), std::move(wish));
}

Task<Result<Outcome>> Changes::carry_out(identity::Actor by, rules::Draft draft, Wish wish) {
  if (draft.replaces != wish.expected_version) {
    co_return fail(rules::kPolicyConflict, std::to_string(draft.replaces));
  }
  draft.version.by = by.user;
  draft.version.by_tenant = by.tenant;
  if (policy::waits(draft.version.effect)) {
    co_return co_await propose(by, std::move(draft), std::move(wish));
  }
  auto made = co_await parts_.book.put(by, std::move(draft), {});
  if (!made) co_return std::unexpected(std::move(made).error());
  co_return Outcome{*std::move(made), std::nullopt};
}

bool Changes::full(TenantId tenant) const {
  return std::ranges::count_if(changes_, [&](const auto& each) {
           return each.second.proposal.tenant == tenant && standing(each.second) == State::pending;
         }) >= static_cast<std::ptrdiff_t>(kPendingMost);
}

Task<Result<Outcome>> Changes::propose(identity::Actor by, rules::Draft draft, Wish wish) {
  const TenantId tenant = draft.version.tenant;
  if (parts_.directory.tenant(tenant) == nullptr) co_return fail(identity::kTenantNotFound);
  if (full(tenant)) co_return fail(kChangesFull);
  Change change;
  policy::Proposal& proposal = change.proposal;
  proposal.kind = policy::kPolicyKind;
  do {
    proposal.change.value = parts_.random.id_value();
  } while (changes_.contains(proposal.change));
  proposal.tenant = tenant;
  proposal.old_version = draft.replaces;
  proposal.old_digest = draft.old_digest;
  proposal.new_digest = base::sha256(draft.version.document);
  proposal.effect = draft.version.effect;
  proposal.by_tenant = by.tenant;
  proposal.by = by.user;
  std::ranges::copy(parts_.random.bytes(proposal.nonce.size()), proposal.nonce.begin());
  proposal.proposed_ms = parts_.clock.utc_ms();
  proposal.expires_ms =
      proposal.proposed_ms + std::clamp(wish.life_ms, kShortestLife_ms, kLongestLife_ms);
  proposal.quorum = quorum_of(draft, proposal.proposed_ms);
  change.evidence.proposal = policy::encode(proposal);
  change.copy_of = draft.version.copy_of;
  change.note = std::move(draft.version.note);
  change.document = std::move(draft.version.document);
  change.version = 1;
  auto entry = entry_of(by, change, "change.proposed");
  entry.facts.emplace_back("keys", policy::names(draft.changes));
  entry.facts.emplace_back("needs", policy::to_text(proposal.quorum));
  CONCLAVE_CO_TRY(co_await keep(change, std::move(entry), too_old(tenant)));
  co_return Outcome{std::nullopt, std::move(change)};
}

// `change` with one signature more, and without those that count no more.
Result<Change> Changes::signed_by(const identity::Actor& by, Change change, Bytes signature) const {
  const auto* device = parts_.directory.device(by.tenant, by.device);
  if (device == nullptr || device->user != by.user || device->revoked_ms != 0) {
    return fail(identity::kDeviceNotFound);
  }
  const policy::Parties parties = stands_for(change.proposal, by.tenant, by.user);
  if (parties.empty()) return fail(kChangeRole);
  rules::Approval mine{by.tenant,
                       by.user,
                       by.device,
                       device->key,
                       parties,
                       std::move(signature),
                       parts_.clock.utc_ms()};
  if (!rules::holds(mine, change.proposal, change.evidence.proposal)) {
    return fail(kChangeInvalid, "signature");
  }
  std::vector<rules::Approval> kept;
  for (const Counted& each : counted(change)) {
    if (each.parties.empty()) continue;
    if (each.approval->tenant == by.tenant && each.approval->user == by.user) {
      return fail(kChangeSigned);
    }
    kept.push_back(*each.approval);
    kept.back().parties = each.parties;
  }
  if (kept.size() >= rules::kMaxApprovals) return fail(kChangeState, "signed by enough people");
  kept.push_back(std::move(mine));
  change.evidence.approvals = std::move(kept);
  ++change.version;
  return change;
}

Task<Result<Outcome>> Changes::approve(identity::Actor by, TenantId tenant, ChangeId id,
                                       Bytes signature) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(std::move(pass).error());
  auto found = find(by, tenant, id);
  if (!found) co_return std::unexpected(std::move(found).error());
  if (found->state != State::pending) {
    co_return fail(kChangeState, std::string(to_text(found->state)));
  }
  auto change = signed_by(by, *std::move(found), std::move(signature));
  if (!change) co_return std::unexpected(std::move(change).error());
  if (missing(*change).nothing()) co_return co_await take_effect(by, *std::move(change));
  auto entry = entry_of(by, *change, "change.signed");
  entry.facts.emplace_back("missing", policy::to_text(missing(*change)));
  CONCLAVE_CO_TRY(co_await keep(*change, std::move(entry)));
  co_return Outcome{std::nullopt, *std::move(change)};
}

// The version and the end of the change are one transaction.
Task<Result<Outcome>> Changes::take_effect(identity::Actor by, Change change) {
  const policy::Proposal& proposal = change.proposal;
  auto draft = parts_.book.draft(proposal.tenant, change.document, change.note);
  if (!draft) co_return std::unexpected(std::move(draft).error());
  // A newer program may read the same document differently: then people signed something else.
  if (draft->version.effect != proposal.effect) co_return fail(kChangeState, "superseded");
  draft->version.by = proposal.by;
  draft->version.by_tenant = proposal.by_tenant;
  draft->version.copy_of = change.copy_of;
  draft->version.evidence = change.evidence;
  change.state = State::effective;
  change.closed_ms = parts_.clock.utc_ms();
  change.closed_by = by.user;
  change.closed_by_tenant = by.tenant;
  change.became = draft->replaces + 1;
  auto row = co_await sealed(change);
  if (!row) co_return std::unexpected(std::move(row).error());
  std::vector<store::Record> beside;
  beside.push_back(*std::move(row));
  auto made = co_await parts_.book.put(by, *std::move(draft), std::move(beside));
  if (!made) co_return std::unexpected(std::move(made).error());
  const ChangeId id = proposal.change;
  changes_[id] = change;
  co_return Outcome{*std::move(made), std::nullopt};
}

Task<Result<Change>> Changes::withdraw(identity::Actor by, TenantId tenant, ChangeId id) {
  CONCLAVE_CO_TRY(parts_.book.may_write(by, tenant));
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(std::move(pass).error());
  auto change = find(by, tenant, id);
  if (!change) co_return std::unexpected(std::move(change).error());
  if (change->state != State::pending) {
    co_return fail(kChangeState, std::string(to_text(change->state)));
  }
  change->state = State::withdrawn;
  change->closed_ms = parts_.clock.utc_ms();
  change->closed_by = by.user;
  change->closed_by_tenant = by.tenant;
  ++change->version;
  CONCLAVE_CO_TRY(co_await keep(*change, entry_of(by, *change, "change.withdrawn")));
  co_return *std::move(change);
}

}  // namespace conclave::changes
