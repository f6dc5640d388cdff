#include "runtime/whereabouts/disclosure.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/observe/log.hpp"
#include "runtime/whereabouts/errors.hpp"
#include "runtime/whereabouts/told.hpp"

namespace conclave::whereabouts {
namespace {

using signals::CountryCode;

constexpr std::int64_t kMsPerS = 1'000;
// Half a degree each way; about what a cell of the habits is wide.
constexpr double kCellKm = 28;

template <class What>
std::vector<KeptView::Counted> counted(const signals::HabitTable& table, What what) {
  std::vector<KeptView::Counted> out;
  for (const signals::Habit& habit : table.entries())
    out.push_back({what(habit.key), std::lround(habit.days)});
  std::ranges::sort(out, std::greater{}, &KeptView::Counted::days);
  return out;
}

}  // namespace

Disclosure::Disclosure(Parts parts)
    : parts_(std::move(parts)), consents_(parts_.writer, parts_.clock), second_(parts_.random) {}

void Disclosure::load(const identity::SoundRows& rows) {
  consents_.load(rows);
  for (const auto& [key, consent] : consents_.all()) {
    parts_.watch.set_consent(key.tenant, key.user, consent.given);
  }
}

Task<Result<void>> Disclosure::report(identity::Actor actor, Told told,
                                      std::optional<network::Address> address) {
  DeviceClaims claims;
  if (told.position) {
    if (!consents_.of(actor.tenant, actor.user).given) co_return fail(kConsentNeeded);
    const auto place = parse_geo_uri(*told.position);
    if (!place) co_return std::unexpected(place.error());
    claims.fix = signals::DeviceFix{*place, told.position_age_s};
  }
  if (told.utc_offset) {
    claims.utc_offset_minutes = parse_utc_offset(*told.utc_offset);
    if (!claims.utc_offset_minutes) co_return fail(kOffsetInvalid);
  }
  if (told.locale) claims.locale_region = CountryCode::of(region_of(*told.locale));
  claims.access = told.access;
  CONCLAVE_CO_TRY(co_await parts_.watch.prepare(actor.tenant, actor.user));
  parts_.watch.report(actor.tenant, actor.user, actor.device, std::move(claims), address);
  if (hook_) hook_(actor.tenant, actor.user, actor.device);
  co_return Result<void>{};
}

Consent Disclosure::consent(const identity::Actor& actor) const {
  return consents_.of(actor.tenant, actor.user);
}

Task<Result<Consent>> Disclosure::set_consent(identity::Actor actor, bool given, std::string text) {
  // So that what is stored of positions goes as well when consent does.
  if (!given) CONCLAVE_CO_TRY(co_await parts_.watch.prepare(actor.tenant, actor.user));
  auto stored = co_await consents_.set(actor, given, std::move(text));
  if (!stored) co_return stored;
  parts_.watch.set_consent(actor.tenant, actor.user, given);
  if (hook_) hook_(actor.tenant, actor.user, actor.device);
  co_return stored;
}

Task<std::vector<Stay>> Disclosure::stays(identity::Actor actor,
                                          std::vector<identity::DeviceView> devices) {
  if (auto opened = co_await parts_.watch.prepare(actor.tenant, actor.user); !opened) {
    observe::warn("location.kept_unavailable", {{"user", actor.user}, {"error", opened.error()}});
  }
  std::vector<Stay> out;
  for (const identity::DeviceView& device : devices) {
    const auto address = network::Address::parse(device.address);
    out.push_back(parts_.watch.stay(actor.tenant, actor.user, device.device, address));
  }
  co_return out;
}

Task<Result<KeptView>> Disclosure::view(identity::Actor actor) {
  CONCLAVE_CO_TRY(co_await parts_.watch.prepare(actor.tenant, actor.user));
  KeptView out;
  out.consent = consents_.of(actor.tenant, actor.user);
  const Kept* kept = parts_.watch.kept(actor.tenant, actor.user);
  if (kept == nullptr) co_return out;
  const auto& habit = kept->habit();
  out.countries = counted(habit.countries(),
                          [](std::uint32_t key) { return CountryCode::of_number(key).text(); });
  out.networks =
      counted(habit.networks(), [](std::uint32_t key) { return "AS" + std::to_string(key); });
  out.towns = counted(habit.cells(), [](std::uint32_t key) {
    return geo_uri({signals::middle_of_cell(key), kCellKm}, false);
  });
  const std::int64_t fix_s = parts_.policy_of(actor.tenant).location.fix_days * Kept::kDay;
  for (const signals::Sighting& sighting : kept->sightings()) {
    KeptView::Seen& seen = out.sightings.emplace_back();
    seen.device = sighting.device;
    seen.at_ms = sighting.at_s * kMsPerS;
    seen.country = sighting.network.country.text();
    seen.as_number = sighting.network.as_number;
    if (!sighting.fix) continue;
    seen.position = geo_uri(sighting.fix->place, true);
    seen.position_until_ms = (sighting.at_s - sighting.fix->age_s + fix_s) * kMsPerS;
  }
  co_return out;
}

Task<Result<void>> Disclosure::erase(identity::Actor actor) {
  CONCLAVE_CO_TRY(co_await parts_.watch.erase(actor.tenant, actor.user));
  co_return co_await parts_.writer.record({actor.tenant,
                                           actor.user,
                                           actor.tenant,
                                           actor.device,
                                           "location.erased",
                                           base::to_text(actor.user),
                                           {}});
}

Disclosure::Ticket Disclosure::second_network(const identity::Actor& actor,
                                              const std::optional<network::Address>& address) {
  return {
      second_.issue({actor.tenant, actor.user, actor.device, address}, parts_.clock.monotonic_ms()),
      parts_.clock.utc_ms() + SecondNetwork::kLife_ms};
}

Result<void> Disclosure::present(ByteView token, const std::optional<network::Address>& address) {
  const auto owner = second_.use(token, parts_.clock.monotonic_ms());
  if (!owner || !address) return fail(kTokenInvalid);
  if (owner->first == address) return fail(kSameNetwork);
  parts_.watch.second_network(owner->tenant, owner->user, owner->device, *address);
  if (hook_) hook_(owner->tenant, owner->user, owner->device);
  return {};
}

}  // namespace conclave::whereabouts
