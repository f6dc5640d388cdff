#include "runtime/rules/book.hpp"

#include <algorithm>
#include <ranges>

#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"
#include "runtime/base/assert.hpp"
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

std::string names(const std::vector<policy::Change>& changes) {
  std::string out;
  for (const policy::Change& change : changes) {
    if (!out.empty()) out += ' ';
    out += change.field->name();
  }
  return out;
}

std::string numbers(const std::map<Place, std::string>& refused) {
  std::string out;
  for (const auto& [place, why] : refused) {
    if (!out.empty()) out += ' ';
    out += std::to_string(place.sub);
  }
  return out;
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

struct Book::Draft {
  Version version;  // without a number
  policy::Policy policy;
  std::vector<policy::Change> changes;
};

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

Result<Book::Draft> Book::draft(const identity::Actor& by, TenantId tenant, std::string document,
                                std::string note) const {
  CONCLAVE_TRY(identity::authorise(parts_.directory, by, tenant, kWriters));
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
  out.version.by = by.user;
  out.version.by_tenant = by.tenant;
  out.version.note = std::move(note);
  out.version.document = std::move(document);
  out.policy = *std::move(read);
  return out;
}

Task<Result<Version>> Book::set(identity::Actor by, TenantId tenant, std::string document,
                                std::uint64_t expected_version, std::string note) {
  auto made = draft(by, tenant, std::move(document), std::move(note));
  if (!made) co_return std::unexpected(std::move(made).error());
  co_return co_await write(*std::move(made), by, expected_version);
}

Task<Result<Version>> Book::roll_back(identity::Actor by, TenantId tenant, std::uint64_t number,
                                      std::uint64_t expected_version, std::string note) {
  // The right to write first: whoever may only read learns nothing new from the answer.
  CONCLAVE_CO_TRY(identity::authorise(parts_.directory, by, tenant, kWriters));
  const Shelf* found = shelf(tenant);
  const auto old = found == nullptr ? nullptr : found->find(number);
  if (old == nullptr) co_return fail(kVersionNotFound, std::to_string(number));
  auto made = draft(by, tenant, old->document, std::move(note));
  if (!made) co_return std::unexpected(std::move(made).error());
  made->version.copy_of = number;
  co_return co_await write(*std::move(made), by, expected_version);
}

Task<Result<Version>> Book::write(Draft made, identity::Actor by, std::uint64_t expected_version) {
  const TenantId tenant = made.version.tenant;
  {
    auto pass = co_await parts_.writer.enter();
    if (!pass) co_return std::unexpected(std::move(pass).error());
    if (parts_.directory.tenant(tenant) == nullptr || version(tenant) != expected_version) {
      co_return fail(kPolicyConflict, std::to_string(version(tenant)));
    }
    const auto changes = policy::changes(of(tenant), made.policy);
    for (const auto& change : changes) made.version.effect |= change.effect;
    made.version.number = expected_version + 1;
    made.version.set_ms = parts_.clock.utc_ms();

    const bool copy = made.version.copy_of != 0;
    audit::Entry entry = identity::admin_entry(
        by, tenant, copy ? "policy.rolled_back" : "policy.set", base::to_text(tenant));
    entry.facts = {{"version", std::to_string(made.version.number)},
                   {"effect", policy::to_text(made.version.effect)},
                   {"keys", names(changes)}};
    if (copy) entry.facts.emplace_back("copy_of", std::to_string(made.version.copy_of));
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
    std::vector<store::Record> rows;
    rows.push_back(encode({made.version, std::move(texts->sealed)}));
    CONCLAVE_CO_TRY(
        co_await parts_.writer.write(std::move(rows), std::move(more), std::move(entry)));
    auto& shelf = shelves_[tenant];
    if (shelf == nullptr) shelf = std::make_unique<Shelf>();
    if (!shelf->why.empty()) refused_.fetch_sub(1);
    shelf->take(made.version, std::move(made.policy));
    for (const std::uint64_t number : old) shelf->versions.erase(number);
  }
  if (changed_) changed_(tenant);
  co_return std::move(made.version);
}

}  // namespace conclave::rules
