#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/rules/book.hpp"
#include "runtime/rules/shelf.hpp"

// What a start makes of the rows.
namespace conclave::rules {

namespace {

// Of one tenant: more can only be rows that somebody else invented, and those do not count.
constexpr std::size_t kRefusedKept = 200;

std::string first_of(const schema::Problems& problems) {
  return problems.empty() ? std::string("unreadable")
                          : "line " + std::to_string(problems.front().line) + ": " +
                                problems.front().key + ": " + problems.front().text;
}

}  // namespace

void Book::load(const identity::SoundRows& rows) {
  shelves_.clear();
  refused_ = 0;
  for (const store::Record& row : rows.of(store::RecordKind::policy)) {
    auto version = decode(row);
    if (!version) {
      identity::tell_row_refused(row, "form");
      refuse(row, "form");
      continue;
    }
    auto& shelf = shelves_[row.tenant];
    if (shelf == nullptr) shelf = std::make_unique<Shelf>();
    shelf->versions[version->number] = *std::move(version);
  }
  for (const identity::UnsoundRow& unsound : rows.unsound(store::RecordKind::policy)) {
    // A row where the trail knows of none was never a policy: it raised its alarm, and neither
    // loosens nor tightens anything.
    if (unsound.expected) refuse(unsound.row, std::string(unsound.why));
  }
  for (auto& [tenant, shelf] : shelves_) settle(tenant, *shelf);
}

void Book::refuse(const store::Record& place, std::string why) {
  auto& shelf = shelves_[place.tenant];
  if (shelf == nullptr) shelf = std::make_unique<Shelf>();
  if (shelf->refused.size() < kRefusedKept) {
    shelf->refused[{place.id, place.sub}] = std::move(why);
  }
}

// The newest version that was ever given decides, and only if it is sound: not an older one in its
// place, which may allow more.
void Book::settle(TenantId tenant, Shelf& shelf) {
  if (!shelf.versions.empty()) shelf.newest = shelf.versions.rbegin()->first;
  for (const auto& [place, why] : shelf.refused) {
    if (place.sub < shelf.newest) continue;
    shelf.newest = place.sub;
    shelf.why = "version " + std::to_string(place.sub) + ": " + why;
  }
  if (shelf.why.empty()) {
    auto read = policy::parse(shelf.versions.rbegin()->second.document, policy::shipped_policy);
    if (read) {
      shelf.policy = *std::move(read);
      return;
    }
    shelf.why = "version " + std::to_string(shelf.newest) + ": " + first_of(read.error());
  }
  shelf.policy = *policy::shipped_policy("strict");
  refused_.fetch_add(1);
  observe::error("alarm.policy_strict",
                 {{"tenant", tenant}, {"version", shelf.newest}, {"why", shelf.why}});
}

}  // namespace conclave::rules
