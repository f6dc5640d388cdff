#include "runtime/changes/changes.hpp"

#include <algorithm>

#include "runtime/changes/electors.hpp"
#include "runtime/changes/errors.hpp"
#include "runtime/identity/admin_entry.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/rules/opened.hpp"

// What is there: loading, looking, counting signatures, what time does.
namespace conclave::changes {

namespace {

constexpr std::string_view kTable = "change";
constexpr std::string_view kColumn = "texts";
constexpr std::uint64_t kSealedVersion = 1;  // texts are not changed
constexpr std::size_t kClosedKept = 100;     // of one tenant

bool signatures_hold(const Change& change) {
  return std::ranges::all_of(change.evidence.approvals, [&](const rules::Approval& each) {
    return rules::holds(each, change.proposal, change.evidence.proposal);
  });
}

void tell_lost(const store::Record& row, std::string_view why) {
  observe::error("alarm.change_lost",
                 {{"tenant", row.tenant},
                  {"change", ChangeId{row.id}},
                  {"why", why},
                  {"advice",
                   "what is in force stays so; propose the change anew and look who can write to "
                   "the store"}});
}

}  // namespace

Task<Result<void>> Changes::load(identity::SoundRows rows) {
  changes_.clear();
  std::vector<SealedChange> read;
  std::vector<hsm::api::RowItem> items;
  for (const store::Record& row : rows.of(store::RecordKind::change)) {
    auto each = decode_change(row);
    if (!each) {
      tell_lost(row, "form");
      continue;
    }
    items.push_back({row.tenant, audit::kSystemAuthor, std::string(kTable),
                     base::to_text(ChangeId{row.id}), std::string(kColumn), kSealedVersion,
                     std::move(each->texts)});
    read.push_back(*std::move(each));
  }
  auto texts = co_await rules::open_rows(parts_.keys, std::move(items));
  if (!texts) co_return std::unexpected(std::move(texts).error());
  for (std::size_t i = 0; i < read.size(); ++i) {
    Change& change = read[i].change;
    const auto& opened = (*texts)[i];
    if (!opened || !read_texts(*opened, &change)) {
      tell_lost(encode({change, {}}), "sealed texts");
    } else if (!signatures_hold(change)) {
      tell_lost(encode({change, {}}), "signatures");
    } else {
      changes_[change.proposal.change] = std::move(change);
    }
  }
  for (const auto& unsound : rows.unsound(store::RecordKind::change)) {
    if (unsound.expected) tell_lost(unsound.row, unsound.why);
  }
  co_return Result<void>{};
}

// Times and what is in force decide, whatever the row says: nothing that a crash left behind takes
// effect too late or over something that its signers have not seen.
State Changes::standing(const Change& change) const {
  if (change.state != State::pending) return change.state;
  const policy::Proposal& proposal = change.proposal;
  const rules::Book& book = parts_.book;
  if (book.version(proposal.tenant) != proposal.old_version ||
      base::sha256(book.document_in_force(proposal.tenant)) != proposal.old_digest) {
    return State::superseded;
  }
  return parts_.clock.utc_ms() >= proposal.expires_ms ? State::expired : State::pending;
}

Change Changes::as_it_stands(Change change) const {
  change.state = standing(change);
  return change;
}

policy::Parties Changes::stands_for(const policy::Proposal& proposal, TenantId home,
                                    UserId person) const {
  const auto& directory = parts_.directory;
  if (proposal.quorum.persons == 1) {  // whoever may set it
    const identity::Actor actor{home, person, {}, {}, directory.roles_of(home, person)};
    const bool may =
        directory.active(home, person) && parts_.book.may_write(actor, proposal.tenant).has_value();
    return may ? policy::Parties{policy::Party::tenant} : policy::Parties{};
  }
  return parties_of(directory, proposal.tenant, home, person, proposal.proposed_ms) &
         proposal.quorum.parties;
}

std::vector<Counted> Changes::counted(const Change& change) const {
  std::vector<Counted> out;
  for (const rules::Approval& each : change.evidence.approvals) {
    Counted one{&each, each.parties};
    if (change.state == State::pending) {
      const auto* device = parts_.directory.device(each.tenant, each.device);
      const bool stands = device != nullptr && device->revoked_ms == 0 &&
                          device->user == each.user && device->key == each.key;
      one.parties = stands ? stands_for(change.proposal, each.tenant, each.user) & each.parties
                           : policy::Parties{};
    }
    out.push_back(one);
  }
  return out;
}

policy::Missing Changes::missing(const Change& change) const {
  std::vector<policy::Signer> signers;
  for (const Counted& each : counted(change)) {
    signers.push_back({each.approval->tenant, each.approval->user, each.parties});
  }
  return policy::missing(change.proposal.quorum, signers);
}

bool Changes::sees_all(const identity::Actor& by, TenantId tenant) const {
  return parts_.book.may_read(by, tenant).has_value();
}

bool Changes::may_see(const identity::Actor& by, const Change& change) const {
  const policy::Proposal& proposal = change.proposal;
  if (sees_all(by, proposal.tenant)) return true;
  return by.tenant == proposal.tenant &&
         stands_for(proposal, by.tenant, by.user).has(policy::Party::users);
}

Result<std::vector<Change>> Changes::list(const identity::Actor& by, TenantId tenant) const {
  // Those of the tenant get what they may see, be it nothing; others hear what may_read says.
  if (by.tenant != tenant) CONCLAVE_TRY(parts_.book.may_read(by, tenant));
  std::vector<Change> out;
  for (const auto& [id, change] : changes_) {
    if (change.proposal.tenant == tenant && may_see(by, change)) {
      out.push_back(as_it_stands(change));
    }
  }
  std::ranges::sort(out, std::greater{}, [](const Change& each) {
    return std::pair(each.proposal.proposed_ms, each.proposal.change);
  });
  return out;
}

Result<Change> Changes::find(const identity::Actor& by, TenantId tenant, ChangeId id) const {
  if (by.tenant != tenant) CONCLAVE_TRY(parts_.book.may_read(by, tenant));
  const auto found = changes_.find(id);
  if (found == changes_.end() || found->second.proposal.tenant != tenant ||
      !may_see(by, found->second)) {
    return fail(kChangeNotFound, base::to_text(id));
  }
  return as_it_stands(found->second);
}

// Oldest first, so many that one more closed change fits.
std::vector<ChangeId> Changes::too_old(TenantId tenant) const {
  std::vector<std::pair<std::int64_t, ChangeId>> closed;
  for (const auto& [id, change] : changes_) {
    if (change.proposal.tenant == tenant && change.state != State::pending) {
      closed.emplace_back(change.closed_ms, id);
    }
  }
  std::ranges::sort(closed);
  std::vector<ChangeId> out;
  for (const auto& [at_ms, id] : closed) {
    if (closed.size() - out.size() < kClosedKept) break;
    out.push_back(id);
  }
  return out;
}

Task<Result<store::Record>> Changes::sealed(Change change) {
  const std::string texts(base::as_text(texts_of(change)));
  auto text = co_await parts_.writer.seal(
      change.proposal.tenant, audit::kSystemAuthor, std::string(kTable),
      base::to_text(change.proposal.change), std::string(kColumn), kSealedVersion, texts);
  if (!text) co_return std::unexpected(std::move(text).error());
  co_return encode({std::move(change), std::move(text->sealed)});
}

Task<Result<void>> Changes::keep(Change change, audit::Entry entry, std::vector<ChangeId> gone) {
  const TenantId tenant = change.proposal.tenant;
  auto row = co_await sealed(change);
  if (!row) co_return std::unexpected(std::move(row).error());
  std::vector<store::Record> rows;
  rows.push_back(*std::move(row));
  store::Transaction more;
  for (const ChangeId id : gone) {
    more.push_back(store::DeleteRecord{store::RecordKind::change, tenant, id.value, 0});
  }
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), std::move(more), std::move(entry)));
  for (const ChangeId id : gone) changes_.erase(id);
  const ChangeId id = change.proposal.change;
  changes_[id] = std::move(change);
  co_return Result<void>{};
}

Task<void> Changes::upkeep() {
  std::vector<ChangeId> due;
  for (const auto& [id, change] : changes_) {
    if (standing(change) != change.state) due.push_back(id);
  }
  for (const ChangeId id : due) {
    if (const auto done = co_await close(id); !done) {
      observe::warn("change.not_stored", {{"change", id}, {"error", done.error()}});
      co_return;  // tried again in a minute
    }
  }
}

Task<Result<void>> Changes::close(ChangeId id) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(std::move(pass).error());
  const auto found = changes_.find(id);
  if (found == changes_.end()) co_return Result<void>{};
  Change change = found->second;
  const State now = standing(change);
  if (now == change.state) co_return Result<void>{};
  if (parts_.directory.tenant(change.proposal.tenant) == nullptr) {
    changes_.erase(found);  // its rows went with the tenant
    co_return Result<void>{};
  }
  change.state = now;
  change.closed_ms = parts_.clock.utc_ms();
  ++change.version;
  auto entry = identity::admin_entry({}, change.proposal.tenant,
                                     "change." + std::string(to_text(now)), base::to_text(id));
  co_return co_await keep(std::move(change), std::move(entry));
}

}  // namespace conclave::changes
