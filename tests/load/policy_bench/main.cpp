#include <benchmark/benchmark.h>

#include "policies/defaults/defaults.hpp"
#include "policies/engine/engine.hpp"

namespace {

using namespace conclave::policy;

// A newcomer at the cap from a listed network, with a finding of every kind and 64 sessions.
Facts everything() {
  Facts facts;
  facts.now_ms = 1'700'000'000'000;
  facts.account.name = "alice";
  facts.account.roles = {Role::member, Role::user_admin, Role::auditor};
  facts.account.has_primary = true;
  facts.account.enrolled = {Factor::totp, Factor::webauthn};
  facts.device.id = "d_0000000000new";
  for (int i = 0; i < 64; ++i)
    facts.sessions.push_back({"d_00000000000" + std::to_string(i), DeviceClass::mobile, i == 0,
                              i % 2 == 0, false, 60 * i, 10'000 - i});
  facts.credential.kind = CredentialKind::password;
  facts.passed = {{Factor::totp, 30}};
  facts.approval = {ApprovalState::approved, Approval::qr, 5, 0, 1};
  facts.network.address = conclave::network::Address::parse("198.51.100.7");
  facts.network.country = "DE";
  facts.network.as_number = 64'500;
  facts.network.listed = {{Listed::vpn, "vpn-list"}, {Listed::hosting, "as-hosting"}};
  for (std::size_t i = 0; i < conclave::signals::kFindingKinds; ++i)
    facts.findings.push_back({static_cast<conclave::signals::FindingKind>(i), 60,
                              "what was found, in a sentence for people"});
  return facts;
}

// A policy with long lists: 200 countries, 1,000 networks, 100 caps of users.
Policy long_lists(std::string_view base) {
  Policy policy = *shipped_policy(base);
  policy.network.countries_allowed.clear();
  for (char first = 'A'; first <= 'H'; ++first)
    for (char second = 'A'; second <= 'Z'; ++second)
      policy.network.countries_allowed.push_back({first, second});
  std::vector<std::string> networks;
  for (int i = 0; i < 1'000; ++i)
    networks.push_back("10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24");
  policy.network.denied = Origins::of(networks);
  for (int i = 0; i < 100; ++i) policy.devices.cap_by_user["user" + std::to_string(i)] = 3;
  return policy;
}

void decide_with(benchmark::State& state, const Facts& facts, const Policy& policy) {
  for (auto _ : state) {
    auto decision = decide(facts, policy);
    benchmark::DoNotOptimize(decision);
  }
}

void usual_sign_in(benchmark::State& state) {
  Facts facts;
  facts.account.name = "alice";
  facts.device = {"d_1", DeviceClass::mobile, true, true};
  facts.network.country = "DE";
  facts.network.address = conclave::network::Address::parse("198.51.100.7");
  decide_with(state, facts, *shipped_policy("strict"));
}
void all_signals_standard(benchmark::State& state) {
  decide_with(state, everything(), *shipped_policy("standard"));
}
void all_signals_strict(benchmark::State& state) {
  decide_with(state, everything(), *shipped_policy("strict"));
}
void all_signals_long_lists(benchmark::State& state) {
  decide_with(state, everything(), long_lists("strict"));
}

BENCHMARK(usual_sign_in);
BENCHMARK(all_signals_standard);
BENCHMARK(all_signals_strict);
BENCHMARK(all_signals_long_lists);

}  // namespace
