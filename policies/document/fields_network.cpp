#include "policies/document/binding.hpp"

namespace conclave::policy {
namespace {

constexpr std::size_t kMostOrigins = 4'096;
constexpr std::size_t kMostCountries = 256;

bool is_country(std::string_view text) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return text.size() == 2 && upper(text[0]) && upper(text[1]);
}
bool is_country_or_all(std::string_view text) {
  return text == "*" || is_country(text);
}

schema::Rule origins() {
  return schema::TextListRule{kMostOrigins,
                              0,
                              {},
                              Origins::is_origin,
                              "networks (\"192.0.2.0/24\") or systems (\"AS64500\")"};
}

void add_vpn(std::vector<Field>& list) {
  constexpr auto network = &Policy::network;
  list.push_back({key<network, &Networks::mandatory_vpn>(
                      "network.mandatory_vpn", "", schema::BooleanRule{},
                      "Only connections out of the tenant's own VPN are let in."),
                  Order::yes});
  list.push_back({key<network, &Networks::egress>(
                      "network.egress", "", origins(),
                      "Where the tenant's own VPN comes out; lists of VPN and hosting networks and "
                      "countries do not apply to it."),
                  Order::subset, Trust::moves_when_weaker});
  list.push_back({key<network, &Networks::certificate_proof>(
                      "network.certificate_proof", "", schema::BooleanRule{},
                      "A client certificate of the tenant's authority proves the VPN as well."),
                  Order::no, Trust::moves_when_weaker});
}

void add_lists(std::vector<Field>& list) {
  constexpr auto network = &Policy::network;
  list.push_back(ladder<network, &Networks::vpn>("network.vpn", "An address on a list of VPNs."));
  list.push_back(
      ladder<network, &Networks::proxy>("network.proxy", "An address on a list of proxies."));
  list.push_back(ladder<network, &Networks::tor>("network.tor", "An exit of the Tor network."));
  list.push_back(
      ladder<network, &Networks::hosting>("network.hosting", "A network of a hosting provider."));
  list.push_back(ladder<network, &Networks::relay>(
      "network.relay",
      "Signs on the connection itself that something stands in front of it, the own VPN "
      "included."));
  list.push_back({key<network, &Networks::relay_confidence>(
                      "network.relay_confidence", "%", schema::IntegerRule{1, 100},
                      "How sure such a sign must be for network.relay."),
                  Order::smaller});
}

void add_places(std::vector<Field>& list) {
  constexpr auto network = &Policy::network;
  list.push_back({key<network, &Networks::countries_allowed>(
                      "network.countries_allowed", "",
                      schema::TextListRule{kMostCountries,
                                           0,
                                           {},
                                           is_country_or_all,
                                           "countries (\"DE\", ISO 3166-1) or \"*\" for all"},
                      "Countries that connections may come from."),
                  Order::subset});
  list.push_back({key<network, &Networks::countries_denied>(
                      "network.countries_denied", "",
                      schema::TextListRule{
                          kMostCountries, 0, {}, is_country, "countries (\"DE\", ISO 3166-1)"},
                      "Countries that no connection may come from."),
                  Order::superset});
  list.push_back(ladder<network, &Networks::country_unknown>(
      "network.country_unknown", "An address whose country is not known."));
  list.push_back({key<network, &Networks::exempt>(
                      "network.exempt", "", origins(),
                      "Networks that the tenant vouches for: lists and countries do not apply."),
                  Order::subset, Trust::moves_when_weaker});
  list.push_back({key<network, &Networks::denied>("network.denied", "", origins(),
                                                  "Networks that no connection may come from."),
                  Order::superset});
}

}  // namespace

void add_network_fields(std::vector<Field>& list) {
  add_vpn(list);
  add_lists(list);
  add_places(list);
}

}  // namespace conclave::policy
