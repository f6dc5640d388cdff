#include <gmock/gmock.h>

#include <map>
#include <set>

#include "policies/document/field.hpp"
#include "policies/engine/engine.hpp"
#include "tests/unit/policies/tables.hpp"

// The tables speak of everything that the engine can say and of every field that it obeys.
namespace conclave::policy {
namespace {

// Obeyed by decide_password alone; password_test has their rows.
const std::set<std::string_view> kOfNewPasswords = {"password.length", "password.reused"};

TEST(Coverage, EveryReasonAndEveryDutyStandsInSomeRow) {
  std::set<std::string_view> codes;
  std::set<Duty> duties;
  std::set<Outcome> outcomes;
  for (const auto& [file, rule] : all_rows()) {
    const auto decision = decide(rule.facts, rule.policy);
    outcomes.insert(decision.outcome);
    for (const auto& reason : decision.reasons) codes.insert(code_text(reason.code));
    for (const auto& obligation : decision.obligations) duties.insert(obligation.duty);
  }
  for (const auto code : {Code::password_short, Code::password_reused})
    codes.insert(code_text(code));
  for (std::size_t i = 0; i < kCodes; ++i)
    EXPECT_TRUE(codes.contains(code_text(static_cast<Code>(i)))) << code_text(static_cast<Code>(i));
  EXPECT_EQ(duties.size(), words(Duty{}).size());
  EXPECT_EQ(outcomes.size(), words(Outcome{}).size());
}

// What each reason alone may lead to; a table of its own, because the outcome shows only the
// strictest.
const std::map<Code, std::set<Outcome>>& effects() {
  using enum Outcome;
  static const std::map<Code, std::set<Outcome>> table = {
      {Code::account_unusable, {refuse}},
      {Code::tenant_inactive, {refuse}},
      {Code::device_banned, {refuse}},
      {Code::device_idle, {refuse}},
      {Code::network_denied, {refuse}},
      {Code::vpn_missing, {refuse}},
      {Code::network_listed, {allow, restrict, refuse}},
      {Code::network_relay, {allow, restrict, refuse}},
      {Code::country_denied, {refuse}},
      {Code::country_not_allowed, {refuse}},
      {Code::country_unknown, {allow, restrict}},
      {Code::location_finding, {allow}},
      {Code::location_score, {allow, restrict, refuse}},
      {Code::consent_missing, {restrict}},
      {Code::factor_needed, {step_up}},
      {Code::factor_passed, {allow}},
      {Code::factor_unusable, {restrict}},
      {Code::sms_on_gsm, {allow}},
      {Code::password_expired, {restrict}},
      {Code::password_breached, {allow, restrict}},
      {Code::primary_incapable, {refuse}},
      {Code::primary_elected, {allow}},
      {Code::approval_needed, {step_up}},
      {Code::approval_given, {allow}},
      {Code::approval_denied, {refuse}},
      {Code::approval_attempts, {refuse}},
      {Code::approval_per_day, {refuse}},
      {Code::recovery_done, {allow}},
      {Code::recovery_waiting, {allow}},
      {Code::recovery_objected, {allow}},
      {Code::cap_reached, {allow, step_up, refuse}},
      {Code::cap_tenure, {allow}},
      {Code::cap_unattended, {allow}},
  };
  return table;
}

TEST(Coverage, EachReasonLeadsToWhatItShouldAndIsSeenToDoSo) {
  std::map<Code, std::set<Outcome>> seen;
  for (const auto& [file, rule] : all_rows())
    for (const auto& reason : decide(rule.facts, rule.policy).reasons)
      seen[reason.code].insert(reason.effect);
  EXPECT_EQ(seen, effects());
}

// Some value of the field, and only of it, that is not `value`.
std::vector<schema::Value> other_values(const Field& field, const schema::Value& value) {
  std::vector<schema::Value> out;
  if (const auto* rule = std::get_if<schema::IntegerRule>(&field.key.rule))
    out = {rule->least, rule->most};
  else if (const auto* text = std::get_if<schema::TextRule>(&field.key.rule))
    for (const auto word : text->allowed) out.emplace_back(std::string(word));
  else if (std::holds_alternative<schema::BooleanRule>(field.key.rule))
    out = {true, false};
  else if (const auto* list = std::get_if<schema::TextListRule>(&field.key.rule))
    out = {std::vector<std::string>{},
           std::vector<std::string>(list->allowed.begin(), list->allowed.end())};
  else
    out = {schema::IntegerMap{}};
  std::erase(out, value);
  return out;
}

TEST(Coverage, EveryFieldOfTheEngineTurnsSomeRow) {
  for (const auto& field : fields()) {
    if (field.reader != Reader::engine || field.order == Order::none) continue;
    if (kOfNewPasswords.contains(field.name())) continue;
    bool turns = false;
    for (const auto& [file, rule] : all_rows()) {
      const auto decision = decide(rule.facts, rule.policy);
      for (const auto& value : other_values(field, field.key.get(rule.policy))) {
        Policy changed = rule.policy;
        field.key.set(changed, value);
        turns = turns || decide(rule.facts, changed) != decision;
      }
      if (turns) break;
    }
    EXPECT_TRUE(turns) << field.name();
  }
}

TEST(Coverage, EveryOutcomeIsReachedThroughEverySideOfTheFacts) {
  std::map<std::string, std::set<Outcome>> seen;
  for (const auto& [file, rule] : all_rows())
    seen[file].insert(decide(rule.facts, rule.policy).outcome);
  for (const auto* file : {"network.toml", "location.toml", "primary.toml", "devices.toml"})
    EXPECT_EQ(seen[file].size(), 4u) << file;
}

}  // namespace
}  // namespace conclave::policy
