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
constexpr std::size_t kBytesAtOnce = 1024 * 1024;  // well below one request to keyd

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
  auto& keys = parts_.keys;
  for (std::size_t first = 0; first < versions.size();) {
    std::vector<hsm::api::RowItem> items;
    std::size_t bytes = 0;
    for (std::size_t i = first; i < versions.size() && bytes < kBytesAtOnce; ++i) {
      const Version& version = versions[i].version;
      bytes += versions[i].texts.size();
      items.push_back({version.tenant, audit::kSystemAuthor, std::string(kTable),
                       std::to_string(version.number), std::string(kColumn), kRowVersion,
                       std::move(versions[i].texts)});
    }
    const std::size_t count = items.size();
    auto opened = co_await async::await_callback<std::vector<Result<Bytes>>>(
        [&keys, &items](Callback<std::vector<Result<Bytes>>> done) {
          keys.open_rows(std::move(items), std::move(done));
        });
    if (!opened) co_return std::unexpected(std::move(opened).error());
    if (opened->size() != count) co_return fail(base::kInternal, "opened policies");
    for (std::size_t i = 0; i < count; ++i) {
      take(std::move(versions[first + i].version), (*opened)[i]);
    }
    first += count;
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
