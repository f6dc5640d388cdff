#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/rules/book.hpp"
#include "runtime/rules/opened.hpp"
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

Task<Result<void>> Book::load(identity::SoundRows rows) {
  shelves_.clear();
  refused_ = 0;
  std::vector<SealedVersion> versions;
  for (const store::Record& row : rows.of(store::RecordKind::policy)) {
    auto version = decode(row);
    if (version) {
      versions.push_back(*std::move(version));
    } else {
      identity::tell_row_refused(row, "form");
      refuse(row, "form");
    }
  }
  for (const identity::UnsoundRow& unsound : rows.unsound(store::RecordKind::policy)) {
    // A row where the trail knows of none was never a policy: it raised its alarm, and neither
    // loosens nor tightens anything.
    if (unsound.expected) refuse(unsound.row, std::string(unsound.why));
  }
  co_return co_await open(std::move(versions));
}

Task<Result<void>> Book::open(std::vector<SealedVersion> versions) {
  std::vector<hsm::api::RowItem> items;
  for (SealedVersion& each : versions) {
    items.push_back({each.version.tenant, audit::kSystemAuthor, std::string(kTable),
                     std::to_string(each.version.number), std::string(kColumn), kRowVersion,
                     std::move(each.texts)});
  }
  auto opened = co_await open_rows(parts_.keys, std::move(items));
  if (!opened) co_return std::unexpected(std::move(opened).error());
  for (std::size_t i = 0; i < versions.size(); ++i) {
    take(std::move(versions[i].version), (*opened)[i]);
  }
  for (auto& [tenant, shelf] : shelves_) settle(tenant, *shelf);
  co_return Result<void>{};
}

void Book::take(Version version, const Result<Bytes>& texts) {
  auto& shelf = shelves_[version.tenant];
  if (shelf == nullptr) shelf = std::make_unique<Shelf>();
  if (!texts || !read_texts(*texts, &version)) {
    const store::Record row = encode({version, {}});
    identity::tell_row_refused(row, "sealed texts");
    return refuse(row, "sealed texts");
  }
  const std::uint64_t number = version.number;
  shelf->versions[number] = std::move(version);
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
    const Version& newest = shelf.versions.rbegin()->second;
    auto read = policy::parse(newest.document, policy::shipped_policy);
    const auto is_signed = check_evidence(newest);
    if (read && is_signed) {
      shelf.policy = *std::move(read);
      return;
    }
    shelf.why = "version " + std::to_string(shelf.newest) + ": " +
                (read ? "signatures: " + is_signed.error().detail() : first_of(read.error()));
  }
  shelf.policy = *policy::shipped_policy("strict");
  refused_.fetch_add(1);
  observe::error("alarm.policy_strict",
                 {{"tenant", tenant}, {"version", shelf.newest}, {"why", shelf.why}});
}

}  // namespace conclave::rules
