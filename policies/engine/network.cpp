#include <algorithm>

#include "policies/engine/judgement.hpp"

namespace conclave::policy {
namespace {

Outcome treatment_of(Listed kind, const Networks& rules) {
  switch (kind) {
    case Listed::vpn:
      return rules.vpn;
    case Listed::proxy:
      return rules.proxy;
    case Listed::tor:
      return rules.tor;
    case Listed::hosting:
      break;
  }
  return rules.hosting;
}

void judge_lists(Judgement& judgement) {
  for (const auto& listing : judgement.facts.network.listed) {
    const auto treatment = treatment_of(listing.kind, judgement.policy.network);
    if (treatment == Outcome::allow) continue;
    judgement.suspect(Code::network_listed, treatment, std::string(to_text(listing.kind))).detail =
        listing.list;
  }
}

bool stands_in(const std::vector<std::string>& list, const std::string& country) {
  return std::ranges::find(list, country) != list.end();
}

void judge_country(Judgement& judgement) {
  const auto& rules = judgement.policy.network;
  const auto& country = judgement.facts.network.country;
  if (country.empty()) {
    if (rules.country_unknown != Outcome::allow)
      judgement.suspect(Code::country_unknown, rules.country_unknown);
    return;
  }
  if (stands_in(rules.countries_denied, country))
    judgement.add(Code::country_denied, Outcome::refuse, country);
  if (!stands_in(rules.countries_allowed, country) && !stands_in(rules.countries_allowed, "*"))
    judgement.add(Code::country_not_allowed, Outcome::refuse, country);
}

std::string address_text(const NetworkFacts& network) {
  return network.address ? network.address->text() : "";
}

}  // namespace

void judge_network(Judgement& judgement) {
  const auto& rules = judgement.policy.network;
  const auto& network = judgement.facts.network;
  if (rules.denied.hold(network.address, network.as_number))
    judgement.add(Code::network_denied, Outcome::refuse, address_text(network));
  const bool own = rules.egress.hold(network.address, network.as_number);
  const bool certified = rules.certificate_proof && network.client_certificate;
  if (rules.mandatory_vpn && !own && !certified) {
    auto& missing = judgement.add(Code::vpn_missing, Outcome::refuse, address_text(network));
    if (rules.certificate_proof && !network.certificate_refused.empty())
      missing.detail = "client certificate: " + network.certificate_refused;
  }
  if (own || rules.exempt.hold(network.address, network.as_number)) return;
  judge_lists(judgement);
  judge_country(judgement);
}

}  // namespace conclave::policy
