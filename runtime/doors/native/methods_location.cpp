#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/views.hpp"

namespace conclave::doors::native {
namespace {

policy::Access access_of(const std::optional<protocol::AccessNetwork>& access) {
  if (!access) return policy::Access::unknown;
  return policy::parse_word<policy::Access>(to_text(*access)).value_or(policy::Access::unknown);
}

Text consent_text(const whereabouts::Consent& consent) {
  JsonText json(96);
  json.open().field("given", consent.given);
  if (consent.at_ms != 0) json.field("text", consent.text).field("ts_ms", consent.at_ms);
  json.close();
  return json.take();
}

void append_counted(JsonText& json, std::string_view name,
                    const std::vector<whereabouts::KeptView::Counted>& items) {
  json.open_list(name);
  for (const auto& item : items) {
    JsonText one(64);
    one.open().field("what", item.what).field("days", item.days).close();
    json.raw(one.take());
  }
  json.close_list();
}

std::string sighting_text(const whereabouts::KeptView::Seen& seen) {
  JsonText json(192);
  json.open().field("device", seen.device).field("ts_ms", seen.at_ms);
  if (!seen.country.empty()) json.field("country", seen.country);
  if (seen.as_number != 0) json.field("as_number", seen.as_number);
  if (seen.position) {
    json.field("position", *seen.position).field("position_until_ms", seen.position_until_ms);
  }
  json.close();
  return json.take();
}

}  // namespace

Task<Text> Methods::perform(Call call, protocol::LocationReport params) {
  whereabouts::Told told{.position = std::move(params.position),
                         .position_age_s =
                             static_cast<std::int64_t>(params.position_age_s.value_or(0)),
                         .utc_offset = std::move(params.utc_offset),
                         .locale = std::move(params.locale),
                         .access = access_of(params.access)};
  co_return empty_object(co_await domain_.disclosure.report(call.actor(), std::move(told),
                                                            call.link->facts.client));
}

Task<Text> Methods::perform(Call call, protocol::LocationConsent params) {
  if (!params.given) co_return consent_text(domain_.disclosure.consent(call.actor()));
  auto consent = co_await domain_.disclosure.set_consent(call.actor(), *params.given,
                                                         params.text.value_or(""));
  if (!consent) co_return std::unexpected(std::move(consent).error());
  co_return consent_text(*consent);
}

Task<Text> Methods::perform(Call call, protocol::LocationView) {
  auto kept = co_await domain_.disclosure.view(call.actor());
  if (!kept) co_return std::unexpected(std::move(kept).error());
  JsonText json(1024);
  json.open().field("consent", kept->consent.given);
  append_counted(json, "countries", kept->countries);
  append_counted(json, "networks", kept->networks);
  append_counted(json, "towns", kept->towns);
  json.open_list("sightings");
  for (const auto& seen : kept->sightings) json.raw(sighting_text(seen));
  json.close_list().close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::LocationErase) {
  co_return empty_object(co_await domain_.disclosure.erase(call.actor()));
}

Text Methods::perform(const Call& call, protocol::LocationSecondNetwork) {
  const auto ticket = domain_.disclosure.second_network(call.actor(), call.link->facts.client);
  JsonText json(128);
  json.open().field("token", base::base64url_encode(ticket.token));
  json.field("expires_ms", ticket.expires_ms).close();
  return json.take();
}

Text Methods::perform(const Call& call, protocol::LocationPresent params) {
  return empty_object(domain_.disclosure.present(params.token, call.link->facts.client));
}

}  // namespace conclave::doors::native
