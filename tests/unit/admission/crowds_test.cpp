#include "runtime/admission/crowds.hpp"

#include <gtest/gtest.h>

#include "policies/signals/settings.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::admission {
namespace {

using signals::FindingKind;
using Outcome = Crowds::Outcome;

constexpr std::int64_t kHourMs = 3'600'000;

class CrowdsTest : public ::testing::Test {
 protected:
  static std::string name(int number) { return "user" + std::to_string(number) + "@demo.example"; }
  static network::Address at(const std::string& text) { return *network::Address::parse(text); }

  void note(int account, const std::string& address, Outcome outcome, Bytes hardware = {}) {
    crowds_.note(name(account), at(address), hardware, outcome);
  }
  // `accounts` of them, from address to address of a /24, at uneven moments.
  void note_many(int accounts, Outcome outcome, const std::string& block = "203.0.113.",
                 int first = 0) {
    for (int i = first; i < first + accounts; ++i) {
      note(i, block + std::to_string(i % 250 + 1), outcome);
      clock_.now_ms += 1'000 + i * 977 % 5'000;
    }
  }
  [[nodiscard]] bool finds(FindingKind kind, const std::string& address,
                           std::int64_t window_ms = kHourMs, Bytes hardware = {}) const {
    const auto found = crowds_.look({"new@demo.example", at(address), hardware, window_ms}, {});
    return std::ranges::any_of(found, [kind](const auto& one) { return one.kind == kind; });
  }

  identity::testing::TestClock clock_;
  std::uint32_t system_ = 0;
  Crowds crowds_{
      {clock_, base::system_random(), [this](const network::Address&) { return system_; }, {}}};
};

TEST_F(CrowdsTest, accounts_tried_across_a_network_come_together) {
  note_many(9, Outcome::failed);
  EXPECT_FALSE(finds(FindingKind::credential_stuffing, "203.0.113.200"));
  note_many(3, Outcome::failed, "203.0.113.", 9);
  EXPECT_TRUE(finds(FindingKind::credential_stuffing, "203.0.113.200"));
  EXPECT_FALSE(finds(FindingKind::credential_stuffing, "203.0.114.200"));
}

TEST_F(CrowdsTest, one_account_counts_once_however_often_it_fails) {
  for (int i = 0; i < 100; ++i) note(1, "203.0.113.9", Outcome::failed);
  EXPECT_FALSE(finds(FindingKind::credential_stuffing, "203.0.113.9"));
}

TEST_F(CrowdsTest, who_comes_in_in_the_end_was_not_tried_in_vain) {
  note_many(30, Outcome::failed);
  EXPECT_TRUE(finds(FindingKind::credential_stuffing, "203.0.113.9"));
  note_many(30, Outcome::known);
  EXPECT_FALSE(finds(FindingKind::credential_stuffing, "203.0.113.9"));
}

TEST_F(CrowdsTest, a_carrier_with_many_people_is_left_alone) {
  note_many(120, Outcome::known);
  note_many(40, Outcome::failed, "203.0.113.", 500);
  note_many(30, Outcome::enrolled, "203.0.113.", 700);
  EXPECT_FALSE(finds(FindingKind::credential_stuffing, "203.0.113.9"));
  EXPECT_FALSE(finds(FindingKind::mass_registration, "203.0.113.9"));
}

TEST_F(CrowdsTest, new_devices_by_the_dozen_are_found_and_forgotten_with_the_window) {
  note_many(25, Outcome::enrolled);
  EXPECT_TRUE(finds(FindingKind::mass_registration, "203.0.113.9"));
  clock_.now_ms += 2 * kHourMs;
  EXPECT_FALSE(finds(FindingKind::mass_registration, "203.0.113.9"));
  EXPECT_TRUE(finds(FindingKind::mass_registration, "203.0.113.9", 4 * kHourMs));
}

TEST_F(CrowdsTest, ipv6_sites_are_counted_by_their_48_bits) {
  for (int i = 0; i < 12; ++i) {
    note(i, "2001:db8:7:" + std::to_string(i + 1) + "::1", Outcome::failed);
  }
  EXPECT_TRUE(finds(FindingKind::credential_stuffing, "2001:db8:7:ffff::9"));
  EXPECT_FALSE(finds(FindingKind::credential_stuffing, "2001:db8:8:1::9"));
}

TEST_F(CrowdsTest, a_botnet_in_one_autonomous_system_comes_together) {
  system_ = 64'500;
  for (int i = 0; i < 60; ++i) {
    note(i, "203.0." + std::to_string(i) + ".1", Outcome::failed);
  }
  EXPECT_TRUE(finds(FindingKind::credential_stuffing, "203.0.200.1"));
}

TEST_F(CrowdsTest, one_hardware_with_many_accounts_is_found_wherever_it_is) {
  const Bytes hardware(32, 7);
  for (int i = 0; i < 3; ++i) {
    note(i, std::to_string(20 + i) + ".0.113.9", Outcome::enrolled, hardware);
  }
  EXPECT_TRUE(finds(FindingKind::mass_registration, "198.51.100.1", kHourMs, hardware));
  EXPECT_FALSE(finds(FindingKind::mass_registration, "198.51.100.1", kHourMs, Bytes(32, 8)));
  // On one's own network as well.
  EXPECT_TRUE(finds(FindingKind::mass_registration, "10.0.0.1", kHourMs, hardware));
}

TEST_F(CrowdsTest, a_program_goes_through_accounts_at_its_own_beat) {
  for (int i = 0; i < 9; ++i) {
    note(i, "203.0.113.9", Outcome::failed);
    clock_.now_ms += 2'000;
  }
  EXPECT_TRUE(finds(FindingKind::automated_attempts, "203.0.113.9"));
  EXPECT_FALSE(finds(FindingKind::automated_attempts, "203.0.113.10"));
}

TEST_F(CrowdsTest, somebody_who_mistypes_evenly_is_no_program) {
  for (int i = 0; i < 20; ++i) {
    note(1, "203.0.113.9", Outcome::failed);
    clock_.now_ms += 2'000;
  }
  EXPECT_FALSE(finds(FindingKind::automated_attempts, "203.0.113.9"));
}

TEST_F(CrowdsTest, reconnecting_devices_keep_any_beat_they_like) {
  for (int i = 0; i < 50; ++i) {
    note(i, "203.0.113.9", Outcome::known);
    clock_.now_ms += 5;
  }
  EXPECT_FALSE(finds(FindingKind::automated_attempts, "203.0.113.9"));
}

TEST_F(CrowdsTest, nothing_is_counted_of_ones_own_network) {
  for (int i = 0; i < 100; ++i) note(i, "10.1.2.3", Outcome::failed);
  EXPECT_EQ(crowds_.size(), 0U);
  EXPECT_FALSE(finds(FindingKind::credential_stuffing, "10.1.2.3"));
}

TEST_F(CrowdsTest, memory_stays_bounded_and_the_longest_quiet_go_first) {
  Crowds small{{clock_, base::system_random(), {}, {.places = 8, .accounts = 12}}};
  for (int i = 0; i < 12; ++i) {
    small.note(name(i), at("203.0.113.1"), {}, Outcome::failed);
  }
  for (int i = 0; i < 200; ++i) {
    ++clock_.now_ms;
    small.note(name(i), at("2001:db8:" + std::to_string(i + 1) + "::1"), {}, Outcome::failed);
    small.note(name(1'000 + i), at("203.0.113.1"), {}, Outcome::failed);
  }
  EXPECT_EQ(small.size(), 8U);
  const auto found = small.look({"new@demo.example", at("203.0.113.1"), {}, kHourMs}, {});
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front().number("accounts"), 12);
}

}  // namespace
}  // namespace conclave::admission
