#include "runtime/whereabouts/watch.hpp"

#include <algorithm>
#include <cmath>

#include "policies/signals/assess.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::whereabouts {
namespace {

using policy::Access;
using signals::AccessType;
using signals::Trait;

constexpr std::string_view kRow = "location.kept";
constexpr double kPerHundred = 100;
constexpr std::int64_t kMsPerS = 1'000;

Keeping keeping_of(const policy::Policy& policy) {
  return {policy.location.fix_days, policy.location.profile_days,
          static_cast<double>(policy.location.habit_half_life_days)};
}

AccessType type_of(Access access) {
  switch (access) {
    case Access::wired:
      return AccessType::wired;
    case Access::wifi:
      return AccessType::wifi;
    case Access::gsm:
    case Access::cellular:
      return AccessType::cellular;
    case Access::satellite:
      return AccessType::satellite;
    case Access::unknown:
      break;
  }
  return AccessType::unknown;
}

// What the device says, unless its address is of another kind of network: a carrier's radio network
// is one whatever stands between it and the device.
Access checked(Access claimed, const signals::Traits& traits) {
  if (traits.has(Trait::satellite)) return Access::satellite;
  const bool radio = claimed == Access::gsm || claimed == Access::cellular;
  if (traits.has(Trait::mobile) && !radio) return Access::cellular;
  return claimed;
}

std::vector<policy::Listing> listings_of(const evidence::LookUp& found) {
  struct Row {
    Trait trait;
    policy::Listed kind;
  };
  constexpr Row kRows[] = {{Trait::vpn, policy::Listed::vpn},
                           {Trait::proxy, policy::Listed::proxy},
                           {Trait::tor, policy::Listed::tor},
                           {Trait::hosting, policy::Listed::hosting}};
  std::vector<policy::Listing> out;
  for (const Row& row : kRows) {
    for (const auto& source : found.sources) {
      if (source.traits.has(row.trait)) out.push_back({row.kind, source.name});
    }
  }
  return out;
}

std::string place_text(const evidence::LookUp& found) {
  if (found.facts.traits.has(Trait::internal)) return "internal network";
  const std::string country = found.facts.country.text();
  if (found.city.empty()) return country;
  return country.empty() ? found.city : found.city + ", " + country;
}

}  // namespace

Lesson lesson_of(std::int64_t score, bool proven) {
  if (proven) return Lesson::proven;
  const auto notice = std::lround(signals::Thresholds{}.notice * kPerHundred);
  return score >= notice ? Lesson::noticed : Lesson::sure;
}

Watch::Watch(Parts parts) : parts_(std::move(parts)) {}
Watch::~Watch() = default;

Watch::Person* Watch::find(TenantId tenant, UserId user) {
  const auto found = people_.find({tenant, user});
  return found == people_.end() ? nullptr : found->second.get();
}

const Watch::Person* Watch::find(TenantId tenant, UserId user) const {
  const auto found = people_.find({tenant, user});
  return found == people_.end() ? nullptr : found->second.get();
}

void Watch::mark(Person& person) {
  ++person.changes;
  if (person.waits_since_ms == 0) person.waits_since_ms = parts_.clock.monotonic_ms();
}

Task<Result<void>> Watch::prepare(TenantId tenant, UserId user) {
  if (Person* known = find(tenant, user)) {
    known->used_ms = parts_.clock.monotonic_ms();
    co_return Result<void>{};
  }
  auto row = co_await parts_.states.get_internal(tenant, user, std::string(kRow));
  if (!row) co_return std::unexpected(row.error());
  // Somebody else may have opened it meanwhile, and learnt from it.
  if (find(tenant, user) != nullptr) co_return Result<void>{};
  auto person = std::make_unique<Person>();
  if (row->has_value()) {
    auto kept = Kept::decode(base::as_bytes(**row));
    if (kept) {
      person->kept = *std::move(kept);
    } else {
      observe::warn("location.kept_unreadable", {{"user", user}, {"error", kept.error()}});
    }
  }
  bool gone =
      person->kept.expire(parts_.clock.utc_ms() / kMsPerS, keeping_of(parts_.policy_of(tenant)));
  // Consent may have been withdrawn while nobody had opened this.
  const auto consent = consents_.find({tenant, user});
  if (consent == consents_.end() || !consent->second) gone |= person->kept.erase_fixes();
  if (gone) mark(*person);
  person->used_ms = parts_.clock.monotonic_ms();
  people_.emplace(PersonKey{tenant, user}, std::move(person));
  co_return Result<void>{};
}

DeviceClaims Watch::claims_of(const Input& input, const Person* person) const {
  DeviceClaims claims = input.claims;
  const auto consent = consents_.find({input.tenant, input.user});
  if (consent == consents_.end() || !consent->second) claims.fix.reset();
  if (person == nullptr) return claims;
  const auto found = person->reports.find(input.device);
  if (found == person->reports.end()) return claims;
  const std::int64_t age_ms = parts_.clock.utc_ms() - found->second.at_ms;
  if (age_ms > parts_.limits.report_ms) return claims;
  const DeviceClaims& told = found->second.claims;
  if (!claims.fix && told.fix) {
    claims.fix = told.fix;
    claims.fix->age_s += std::max<std::int64_t>(0, age_ms / kMsPerS);
  }
  if (!claims.utc_offset_minutes) claims.utc_offset_minutes = told.utc_offset_minutes;
  if (!claims.locale_region.known()) claims.locale_region = told.locale_region;
  if (claims.access == Access::unknown) claims.access = told.access;
  return claims;
}

signals::Evidence Watch::evidence_of(const Input& input, const policy::Policy& policy,
                                     const evidence::LookUp& found) const {
  const Person* person = find(input.tenant, input.user);
  const DeviceClaims claims = claims_of(input, person);
  signals::Evidence out;
  out.here.at_s = parts_.clock.utc_ms() / kMsPerS;
  out.here.device = input.device;
  out.here.network = found.facts;
  const auto& rules = policy.network;
  if (rules.egress.hold(input.address, found.facts.as_number))
    out.here.network.traits.add(Trait::tenant_egress);
  if (rules.exempt.hold(input.address, found.facts.as_number))
    out.here.network.traits.add(Trait::allowed);
  out.here.fix = claims.fix;
  out.here.attended = input.attended;
  out.here.access = type_of(checked(claims.access, found.facts.traits));
  out.known_device = person != nullptr && person->kept.known(input.device, out.here.at_s);
  out.utc_offset_minutes = claims.utc_offset_minutes;
  out.locale_region = claims.locale_region;
  out.path = input.path;
  out.server = parts_.server;
  if (person != nullptr) {
    const auto second = person->second.find(input.device);
    const bool fresh = second != person->second.end() &&
                       parts_.clock.utc_ms() - second->second.at_ms <= parts_.limits.second_ms;
    if (fresh) out.second = second->second.network;
  }
  // Within our own networks milliseconds are programs at work, not distances.
  if (input.address && input.address->is_internal()) out.path = {.mtu = input.path.mtu};
  if (input.address && !input.address->is_internal()) {
    out.peers = neighbours_.around(input.tenant, input.user, *input.address, out.here.at_s);
  }
  return out;
}

Observation Watch::observe(const Input& input) const {
  const policy::Policy& policy = parts_.policy_of(input.tenant);
  const evidence::LookUp found =
      input.address ? parts_.sources.look_up_named(*input.address) : evidence::LookUp{};
  const Person* person = find(input.tenant, input.user);
  Observation out;
  out.evidence = evidence_of(input, policy, found);
  out.known_device = out.evidence.known_device;
  const auto consent = consents_.find({input.tenant, input.user});
  out.location_consent = consent != consents_.end() && consent->second;
  out.place = place_text(found);
  out.network = {.address = input.address,
                 .country = found.facts.country.text(),
                 .as_number = found.facts.as_number,
                 .listed = listings_of(found),
                 .client_certificate = input.client_certificate,
                 .certificate_refused = input.certificate_refused,
                 .access = checked(claims_of(input, person).access, found.facts.traits)};
  static const Kept kNothing;
  const Kept& kept = person == nullptr ? kNothing : person->kept;
  std::vector<signals::Sighting> online;
  for (const OnlineDevice& other : input.online) {
    const signals::Sighting* last = kept.last_of(other.device);
    if (last == nullptr) continue;
    online.push_back(*last);
    online.back().at_s = std::max(last->at_s, other.active_ms / kMsPerS);
  }
  signals::Settings settings;
  settings.travel_kmh = static_cast<double>(policy.location.travel_kmh);
  const auto assessment =
      signals::assess(out.evidence, {kept.sightings(), online}, kept.habit(), settings);
  for (const auto& weighed : assessment.findings) {
    out.findings.push_back({weighed.finding.kind,
                            std::lround(weighed.finding.confidence * kPerHundred),
                            weighed.finding.words()});
  }
  return out;
}

void Watch::learn(TenantId tenant, UserId user, const Observation& seen, Lesson lesson) {
  Person* person = find(tenant, user);
  if (person == nullptr) return;
  const auto& policy = parts_.policy_of(tenant);
  signals::Evidence evidence = seen.evidence;
  if (policy.location.fix_days == 0) evidence.here.fix.reset();
  person->kept.fade_in(static_cast<double>(policy.location.habit_half_life_days));
  person->kept.learn(evidence, lesson);
  person->used_ms = parts_.clock.monotonic_ms();
  mark(*person);
  const auto& here = evidence.here;
  if (here.fix && seen.network.address && !here.network.is_relay() &&
      !seen.network.address->is_internal()) {
    neighbours_.saw(tenant, user, *seen.network.address, here.fix->place.middle, here.at_s);
  }
}

void Watch::report(TenantId tenant, UserId user, DeviceId device, DeviceClaims claims,
                   const std::optional<network::Address>& address) {
  Person* person = find(tenant, user);
  if (person == nullptr) return;
  const auto consent = consents_.find({tenant, user});
  if (consent == consents_.end() || !consent->second) claims.fix.reset();
  if (claims.fix && address && !address->is_internal()) {
    neighbours_.saw(tenant, user, *address, claims.fix->place.middle,
                    parts_.clock.utc_ms() / kMsPerS);
  }
  person->used_ms = parts_.clock.monotonic_ms();
  person->reports[device] = {std::move(claims), parts_.clock.utc_ms()};
}

void Watch::second_network(TenantId tenant, UserId user, DeviceId device,
                           const network::Address& address) {
  Person* person = find(tenant, user);
  if (person == nullptr) return;
  person->second[device] = {parts_.sources.look_up(address), parts_.clock.utc_ms()};
}

void Watch::set_consent(TenantId tenant, UserId user, bool given) {
  consents_[{tenant, user}] = given;
  if (given) return;
  neighbours_.forget(tenant, user);
  Person* person = find(tenant, user);
  if (person == nullptr) return;
  for (auto& [device, told] : person->reports) told.claims.fix.reset();
  if (person->kept.erase_fixes()) mark(*person);
}

const Kept* Watch::kept(TenantId tenant, UserId user) {
  Person* person = find(tenant, user);
  if (person == nullptr) return nullptr;
  if (person->kept.expire(parts_.clock.utc_ms() / kMsPerS, keeping_of(parts_.policy_of(tenant))))
    mark(*person);
  return person->kept.empty() ? nullptr : &person->kept;
}

Stay Watch::stay(TenantId tenant, UserId user, DeviceId device,
                 const std::optional<network::Address>& address) const {
  const Person* person = find(tenant, user);
  Input input;
  input.tenant = tenant;
  input.user = user;
  input.device = device;
  Stay out;
  out.access = claims_of(input, person).access;
  if (address) {
    const evidence::LookUp found = parts_.sources.look_up_named(*address);
    return {place_text(found), found.facts.country.text(), found.facts.as_number,
            checked(out.access, found.facts.traits)};
  }
  const signals::Sighting* last = person == nullptr ? nullptr : person->kept.last_of(device);
  if (last == nullptr) return out;
  out.country = last->network.country.text();
  out.place = out.country;
  out.as_number = last->network.as_number;
  out.access = checked(out.access, last->network.traits);
  return out;
}

Task<Result<void>> Watch::erase(TenantId tenant, UserId user) {
  if (Person* person = find(tenant, user)) {
    person->kept = {};
    person->reports.clear();
    person->second.clear();
    person->waits_since_ms = 0;
    ++person->changes;
  }
  neighbours_.forget(tenant, user);
  co_return co_await parts_.states.set_internal(tenant, user, std::string(kRow), {});
}

Task<Result<void>> Watch::store(PersonKey key) {
  Person* person = find(key.tenant, key.user);
  if (person == nullptr || person->waits_since_ms == 0) co_return Result<void>{};
  const std::uint64_t changes = person->changes;
  person->kept.expire(parts_.clock.utc_ms() / kMsPerS, keeping_of(parts_.policy_of(key.tenant)));
  const std::string value =
      person->kept.empty() ? std::string() : std::string(base::as_text(person->kept.encode()));
  CONCLAVE_CO_TRY(co_await parts_.states.set_internal(key.tenant, key.user, std::string(kRow),
                                                      std::string(value)));
  person = find(key.tenant, key.user);
  if (person != nullptr && person->changes == changes) person->waits_since_ms = 0;
  co_return Result<void>{};
}

Task<void> Watch::upkeep() {
  const std::int64_t now_ms = parts_.clock.monotonic_ms();
  std::vector<PersonKey> due;
  for (const auto& [key, person] : people_) {
    if (due.size() == parts_.limits.stores_at_once) break;
    const bool waits = person->waits_since_ms != 0;
    if (waits && now_ms - person->waits_since_ms >= parts_.limits.store_after_ms)
      due.push_back(key);
  }
  for (const PersonKey& key : due) {
    if (auto stored = co_await store(key); !stored) {
      observe::warn("location.not_stored", {{"user", key.user}, {"error", stored.error()}});
      break;
    }
  }
  co_await sweep();
  let_go();
}

Task<void> Watch::sweep() {
  if (!parts_.everybody) co_return;
  const std::vector<PersonKey> all = parts_.everybody();
  auto next = std::ranges::upper_bound(all, swept_);
  for (std::size_t i = 0; i < parts_.limits.swept_at_once && next != all.end(); ++i, ++next) {
    swept_ = *next;
    if (find(next->tenant, next->user) != nullptr) continue;
    if (auto opened = co_await prepare(next->tenant, next->user); !opened) co_return;
    Person* person = find(next->tenant, next->user);
    if (person == nullptr) continue;
    const std::int64_t used_ms = person->used_ms;
    if (auto stored = co_await store(*next); !stored) co_return;
    // Unless somebody has begun to use it meanwhile.
    person = find(next->tenant, next->user);
    const bool idle = person != nullptr && person->used_ms == used_ms;
    if (idle && person->waits_since_ms == 0) people_.erase(*next);
  }
  if (next == all.end()) swept_ = {};
}

void Watch::let_go() {
  if (people_.size() <= parts_.limits.people) return;
  std::vector<std::pair<std::int64_t, PersonKey>> idle;
  for (const auto& [key, person] : people_) {
    if (person->waits_since_ms == 0) idle.emplace_back(person->used_ms, key);
  }
  std::ranges::sort(idle);
  for (const auto& [used_ms, key] : idle) {
    if (people_.size() <= parts_.limits.people) return;
    people_.erase(key);
  }
}

Task<void> Watch::stop() {
  std::vector<PersonKey> due;
  for (const auto& [key, person] : people_) {
    if (person->waits_since_ms != 0) due.push_back(key);
  }
  for (const PersonKey& key : due) {
    if (auto stored = co_await store(key); !stored) {
      observe::warn("location.not_stored", {{"user", key.user}, {"error", stored.error()}});
      co_return;
    }
  }
}

}  // namespace conclave::whereabouts
