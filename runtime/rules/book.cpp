#include "runtime/rules/book.hpp"

#include <algorithm>
#include <ranges>

#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/rights.hpp"
#include "runtime/rules/errors.hpp"
#include "runtime/rules/shelf.hpp"

namespace conclave::rules {

namespace {

using identity::Role;

constexpr identity::RoleSet kWriters{Role::security_admin};
constexpr std::size_t kKept = 100;         // versions of one tenant
constexpr std::size_t kProblemsTold = 25;  // of one document

std::string told(const schema::Problems& problems) {
  std::string out;
  for (const schema::Problem& problem : problems | std::views::take(kProblemsTold)) {
    if (!out.empty()) out += '\n';
    if (problem.line != 0) out += "line " + std::to_string(problem.line) + ": ";
    if (!problem.key.empty()) out += problem.key + ": ";
    out += problem.text;
  }
  if (problems.size() > kProblemsTold) {
    out += "\nand " + std::to_string(problems.size() - kProblemsTold) + " more";
  }
  return out;
}

bool clean_note(std::string_view text) {
  return text.size() <= kMaxNote && base::is_utf8(text) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

std::string numbers(const std::map<Place, std::string>& refused) {
  std::string out;
  for (const auto& [place, why] : refused) {
    if (!out.empty()) out += ' ';
    out += std::to_string(place.sub);
  }
  return out;
}

std::string signers(const Evidence& evidence) {
  std::string out;
  for (const Approval& approval : evidence.approvals) {
    if (!out.empty()) out += ' ';
    out += base::to_text(approval.user);
  }
  return out;
}

audit::Entry entry_of(const identity::Actor& by, const Draft& made) {
  const Version& version = made.version;
  const bool copy = version.copy_of != 0;
  audit::Entry entry =
      identity::admin_entry(by, version.tenant, copy ? "policy.rolled_back" : "policy.set",
                            base::to_text(version.tenant));
  entry.facts = {{"version", std::to_string(version.number)},
                 {"effect", policy::to_text(version.effect)},
                 {"keys", policy::names(made.changes)}};
  if (copy) entry.facts.emplace_back("copy_of", std::to_string(version.copy_of));
  if (const auto proposal = policy::parse_proposal(version.evidence.proposal); proposal) {
    entry.facts.emplace_back("change", base::to_text(proposal->change));
    entry.facts.emplace_back("proposed_by", base::to_text(proposal->by));
    entry.facts.emplace_back("signed_by", signers(version.evidence));
  }
  return entry;
}

store::DeleteRecord gone(TenantId tenant, const Place& place) {
  return {store::RecordKind::policy, tenant, place.id, place.sub};
}

}  // namespace

std::string_view to_text(Standing standing) {
  switch (standing) {
    case Standing::shipped:
      return "shipped";
    case Standing::set:
      return "set";
    case Standing::refused:
      return "refused";
  }
  return "unknown";
}

Book::Book(Parts parts)
    : parts_(std::move(parts)), default_(policy::shipped_policy(parts_.default_policy)) {
  CONCLAVE_ASSERT(default_ != nullptr);  // the configuration's schema lists them
}

Book::~Book() = default;

const Book::Shelf* Book::shelf(TenantId tenant) const {
  const auto found = shelves_.find(tenant);
  return found == shelves_.end() ? nullptr : found->second.get();
}

const policy::Policy& Book::of(TenantId tenant) const {
  const Shelf* found = shelf(tenant);
  return found == nullptr ? *default_ : found->policy;
}

std::uint64_t Book::version(TenantId tenant) const {
  const Shelf* found = shelf(tenant);
  return found == nullptr ? 0 : found->newest;
}

InForce Book::in_force(TenantId tenant) const {
  const Shelf* found = shelf(tenant);
  if (found == nullptr) return {Standing::shipped, 0, default_->base, {}};
  return {found->why.empty() ? Standing::set : Standing::refused, found->newest, found->policy.base,
          found->why};
}

Result<void> Book::may_write(const identity::Actor& by, TenantId tenant) const {
  return identity::authorise(parts_.directory, by, tenant, kWriters);
}

Result<Draft> Book::draft(TenantId tenant, std::string document, std::string note) const {
  if (document.size() > kMaxDocument) {
    return fail(kPolicyInvalid, "a policy has at most " + std::to_string(kMaxDocument) + " bytes");
  }
  if (!clean_note(note)) {
    return fail(kPolicyInvalid,
                "note: one line of UTF-8, at most " + std::to_string(kMaxNote) + " bytes");
  }
  auto read = policy::parse(document, policy::shipped_policy);
  if (!read) return fail(kPolicyInvalid, told(read.error()));
  Draft out;
  out.version.tenant = tenant;
  out.version.note = std::move(note);
  out.version.document = std::move(document);
  out.policy = *std::move(read);
  out.changes = policy::changes(of(tenant), out.policy);
  for (const auto& change : out.changes) out.version.effect |= change.effect;
  out.replaces = version(tenant);
  out.old_digest = base::sha256(document_in_force(tenant));
  return out;
}

// Nothing else came into force since the draft was made, and what had to be signed was signed
// against what is in force.
Result<void> Book::fits(const Draft& draft) const {
  const TenantId tenant = draft.version.tenant;
  if (parts_.directory.tenant(tenant) == nullptr || version(tenant) != draft.replaces ||
      draft.old_digest != base::sha256(document_in_force(tenant))) {
    return fail(kPolicyConflict, std::to_string(version(tenant)));
  }
  CONCLAVE_TRY(check_evidence(draft.version));
  if (draft.version.evidence.empty()) return {};
  const auto proposal = policy::parse_proposal(draft.version.evidence.proposal);
  if (!proposal || proposal->old_version != draft.replaces ||
      proposal->old_digest != draft.old_digest) {
    return fail(kChangeUnsigned, "signed was a change of another version");
  }
  return {};
}

Task<Result<Version>> Book::put(identity::Actor by, Draft made, std::vector<store::Record> beside) {
  const TenantId tenant = made.version.tenant;
  made.version.number = made.replaces + 1;
  made.version.set_ms = parts_.clock.utc_ms();
  CONCLAVE_CO_TRY(fits(made));

  audit::Entry entry = entry_of(by, made);
  store::Transaction more;
  std::vector<std::uint64_t> old;
  if (const Shelf* found = shelf(tenant); found != nullptr) {
    // A refused row is taken away with the change that mends it; the trail keeps that it was.
    for (const auto& [place, why] : found->refused) more.push_back(gone(tenant, place));
    if (!found->refused.empty()) entry.facts.emplace_back("refused", numbers(found->refused));
    old = found->oldest_beyond(kKept - 1);
    for (const std::uint64_t number : old) more.push_back(gone(tenant, {kPolicySlot, number}));
  }
  auto texts = co_await parts_.writer.seal(
      tenant, audit::kSystemAuthor, std::string(kTable), std::to_string(made.version.number),
      std::string(kColumn), kRowVersion, std::string(base::as_text(texts_of(made.version))));
  if (!texts) co_return std::unexpected(std::move(texts).error());
  std::vector<store::Record> rows = std::move(beside);
  rows.push_back(encode({made.version, std::move(texts->sealed)}));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), std::move(more), std::move(entry)));
  auto& shelf = shelves_[tenant];
  if (shelf == nullptr) shelf = std::make_unique<Shelf>();
  if (!shelf->why.empty()) refused_.fetch_sub(1);
  shelf->take(made.version, std::move(made.policy));
  for (const std::uint64_t number : old) shelf->versions.erase(number);
  if (changed_) changed_(tenant);
  co_return std::move(made.version);
}

}  // namespace conclave::rules
