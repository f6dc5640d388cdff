#include "tests/unit/policies/drawn.hpp"

#include <algorithm>

namespace conclave::policy {
namespace {

constexpr Seconds kAges[] = {0,       30,        60,        61,        240,    301,
                             600,     901,       3'600,     7'201,     86'400, 90'000,
                             259'201, 2'592'001, 8'000'000, 40'000'000};
const char* const kDevices[] = {"a", "b", "c", "d"};
const char* const kAddresses[] = {"192.0.2.1", "198.51.100.7", "2001:db8::1"};
const char* const kOrigins[] = {"192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32", "AS64500"};
const char* const kCountries[] = {"DE", "FR", "CN"};
const char* const kMethods[] = {"session.end", "device.list", "factor.enrol", "user.set_password"};

struct DrawValue {
  Draw& draw;
  const Field& field;

  schema::Value operator()(const schema::IntegerRule& rule) const {
    // Near the bounds, and where the shipped policies are.
    const Policy standard;
    const auto usual = std::get<Number>(field.key.get(standard));
    const Number all[] = {rule.least, rule.least + 1, usual, usual + 1, usual - 1, rule.most};
    return std::clamp(all[draw.below(std::size(all))], rule.least, rule.most);
  }
  schema::Value operator()(const schema::TextRule& rule) const {
    if (rule.allowed.empty()) return std::string("note");
    return std::string(rule.allowed[draw.below(rule.allowed.size())]);
  }
  schema::Value operator()(const schema::BooleanRule&) const { return draw.chance(50); }
  schema::Value operator()(const schema::PathRule&) const { return std::string(); }
  schema::Value operator()(const schema::TextListRule& rule) const {
    std::vector<std::string> out;
    if (!rule.allowed.empty()) {
      for (const auto word : rule.allowed)
        if (draw.chance(60)) out.emplace_back(word);
      return out;
    }
    const auto take = [&](const auto& list) {
      for (const auto* text : list)
        if (rule.fits(text) && draw.chance(30)) out.emplace_back(text);
    };
    take(kOrigins);
    take(kCountries);
    take(kMethods);
    if (rule.fits("*") && draw.chance(50)) out.emplace_back("*");
    return out;
  }
  schema::Value operator()(const schema::IntegerMapRule& rule) const {
    schema::IntegerMap out;
    const auto add = [&](std::string_view name) {
      if (draw.chance(25)) out[std::string(name)] = 1 + static_cast<Number>(draw.below(5));
    };
    for (const auto name : rule.allowed) add(name);
    if (rule.allowed.empty()) {
      add("alice");
      add("bob");
    }
    return out;
  }
};

}  // namespace

schema::Value Draw::value(const Field& field) {
  return std::visit(DrawValue{*this, field}, field.key.rule);
}

Policy Draw::variant(Policy policy, std::size_t changes) {
  for (std::size_t i = 0; i < changes; ++i) {
    const auto& chosen = field();
    chosen.key.set(policy, value(chosen));
  }
  return policy;
}

Seconds Draw::age() {
  return kAges[below(std::size(kAges))];
}

std::vector<SessionFacts> Draw::sessions() {
  std::vector<SessionFacts> out(below(6));
  for (auto& one : out)
    one = {kDevices[below(std::size(kDevices))],
           word<DeviceClass>(),
           chance(15),
           chance(60),
           chance(10),
           age(),
           age()};
  return out;
}

NetworkFacts Draw::network() {
  NetworkFacts out;
  if (chance(90)) out.address = network::Address::parse(kAddresses[below(std::size(kAddresses))]);
  if (chance(80)) out.country = kCountries[below(std::size(kCountries))];
  if (chance(50)) out.as_number = 64500;
  for (std::size_t i = below(3); i > 0; --i) out.listed.push_back({word<Listed>(), "list"});
  out.client_certificate = chance(30);
  if (chance(20)) out.certificate_refused = "expired";
  out.access = word<Access>();
  return out;
}

Facts Draw::facts() {
  Facts out;
  out.account.state = chance(95) ? AccountState::active : AccountState::disabled;
  out.account.name = chance(50) ? "alice" : "carol";
  out.account.roles = set<Role>(25);
  out.account.has_primary = chance(50);
  out.account.location_consent = chance(60);
  out.account.enrolled = set<Factor>(40);
  out.device = {kDevices[below(std::size(kDevices))],
                word<DeviceClass>(),
                chance(50),
                chance(30),
                chance(15),
                chance(3),
                chance(60),
                chance(60),
                chance(50),
                age()};
  out.sessions = sessions();
  out.credential = {word<CredentialKind>(), age(), chance(20)};
  for (std::size_t i = below(3); i > 0; --i) out.passed.push_back({word<Factor>(), age()});
  out.approval = {word<ApprovalState>(), word<Approval>(), age(),
                  static_cast<std::int64_t>(below(4)), static_cast<std::int64_t>(below(5))};
  if (chance(30)) out.recovery.path = word<Recovery>();
  out.recovery.age_s = age();
  out.recovery.objected = chance(20);
  out.recovery.admins = static_cast<std::int64_t>(below(4));
  out.network = network();
  for (std::size_t i = below(4); i > 0; --i)
    out.findings.push_back({static_cast<signals::FindingKind>(below(signals::kFindingKinds)),
                            static_cast<std::int64_t>(below(101)), ""});
  return out;
}

}  // namespace conclave::policy
