#include "policies/cases/facts_text.hpp"

#include <gmock/gmock.h>

namespace conclave::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kWhole = R"({
  "now_ms": 1700000000000,
  "session_dead_after_s": 600,
  "account": {"state": "disabled", "tenant_active": false, "name": "ann",
    "roles": ["member", "auditor"], "has_primary": true, "location_consent": true,
    "enrolled": ["totp", "sms"]},
  "device": {"id": "d_1", "class": "tablet", "known": true, "approved": true, "primary": true,
    "banned": true, "hardware_id": true, "service_id": true, "attested": true, "idle_s": 5},
  "credential": {"kind": "password", "password_age_s": 6, "password_breached": true},
  "approval": {"state": "approved", "method": "qr", "age_s": 7, "failed_attempts": 1,
    "asked_today": 2},
  "recovery": {"path": "admin_pair", "age_s": 8, "objected": true, "admins": 2},
  "network": {"address": "2001:db8::1", "country": "DE", "as_number": 64500,
    "client_certificate": true, "access": "gsm"},
  "session": [{"device": "d_2", "class": "web", "primary": true, "attached": true, "ended": true,
    "idle_s": 9, "signed_in_s": 10}],
  "passed": [{"kind": "webauthn", "age_s": 11}],
  "listed": [{"kind": "tor", "list": "exits"}],
  "finding": [{"kind": "tunnel_mtu", "confidence": 70, "detail": "1380"}]
})";

std::expected<Facts, schema::Problems> facts_of(std::string_view json) {
  const auto root = schema::parse_json(json);
  if (!root) return std::unexpected(schema::Problems{root.error()});
  return read_facts(*root);
}

schema::Problems problems_of(std::string_view json) {
  const auto facts = facts_of(json);
  return facts ? schema::Problems{} : facts.error();
}

TEST(FactsText, EveryKeyIsReadIntoItsPlace) {
  const auto facts = facts_of(kWhole);
  ASSERT_TRUE(facts) << schema::to_text(facts.error(), "facts");
  EXPECT_EQ(facts->now_ms, 1'700'000'000'000);
  EXPECT_EQ(facts->session_dead_after_s, 600);
  EXPECT_EQ(facts->account.state, AccountState::disabled);
  EXPECT_EQ(facts->account.roles, (Words<Role>{Role::member, Role::auditor}));
  EXPECT_EQ(facts->account.enrolled, (Words<Factor>{Factor::totp, Factor::sms}));
  EXPECT_EQ(facts->device.device_class, DeviceClass::tablet);
  EXPECT_TRUE(facts->device.attested);
  EXPECT_EQ(facts->credential.kind, CredentialKind::password);
  EXPECT_EQ(facts->approval.method, Approval::qr);
  EXPECT_EQ(facts->approval.asked_today, 2);
  EXPECT_EQ(facts->recovery.path, Recovery::admin_pair);
  EXPECT_EQ(facts->network.address->text(), "2001:db8::1");
  EXPECT_EQ(facts->network.as_number, 64500u);
  EXPECT_EQ(facts->network.access, Access::gsm);
  ASSERT_THAT(facts->sessions, SizeIs(1));
  EXPECT_EQ(facts->sessions[0].signed_in_s, 10);
  EXPECT_EQ(facts->passed.at(0).kind, Factor::webauthn);
  EXPECT_EQ(facts->network.listed.at(0).list, "exits");
  EXPECT_EQ(facts->findings.at(0).kind, signals::FindingKind::tunnel_mtu);
}

TEST(FactsText, WhatIsWrittenIsReadAgain) {
  const auto facts = facts_of(kWhole);
  ASSERT_TRUE(facts);
  const auto text = schema::json_text(write_facts(*facts));
  const auto again = facts_of(text);
  ASSERT_TRUE(again) << schema::to_text(again.error(), text);
  EXPECT_EQ(schema::json_text(write_facts(*again)), text);
  EXPECT_THAT(text, HasSubstr("\"path\": \"admin_pair\""));
  const auto bare = schema::json_text(write_facts(Facts{}));
  ASSERT_TRUE(facts_of(bare)) << bare;
}

TEST(FactsText, EveryKeyOfTheWholeIsNeededToTellItFromNothing) {
  EXPECT_NE(schema::json_text(write_facts(*facts_of(kWhole))),
            schema::json_text(write_facts(Facts{})));
}

TEST(FactsText, MistakesAreToldWithLineAndKey) {
  const auto problems = problems_of(R"({
"devices": {},
"device": {"klass": "web",
  "idle_s": -1},
"network": {"address": "here"},
"passed": {"kind": "totp"},
"listed": [{"kind": "isp"}],
"account": 3
})");
  ASSERT_THAT(problems, SizeIs(7));
  EXPECT_THAT(problems[0].text, HasSubstr("did you mean device?"));
  EXPECT_EQ(problems[1].key, "device.klass");
  EXPECT_EQ(problems[2].key, "device.idle_s");
  EXPECT_EQ(problems[2].line, 4u);
  EXPECT_THAT(problems[3].text, HasSubstr("no IPv4 or IPv6 address"));
  EXPECT_THAT(problems[4].text, HasSubstr("list of tables"));
  EXPECT_EQ(problems[5].key, "listed[0].kind");
  EXPECT_EQ(problems[6].text, "is written as a table");
}

}  // namespace
}  // namespace conclave::policy
