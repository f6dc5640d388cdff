#include "runtime/whereabouts/neighbours.hpp"

#include <gtest/gtest.h>

namespace conclave::whereabouts {
namespace {

constexpr TenantId kTenant{1};
constexpr std::int64_t kNow = 1'790'000'000;
const network::Address kOffice = *network::Address::parse("81.2.69.142");

TEST(Neighbours, the_median_of_the_others_is_where_the_network_is) {
  Neighbours neighbours;
  neighbours.saw(kTenant, UserId{1}, kOffice, {52.50, 13.40}, kNow);
  neighbours.saw(kTenant, UserId{2}, kOffice, {52.52, 13.42}, kNow);
  neighbours.saw(kTenant, UserId{3}, kOffice, {48.10, 11.50}, kNow);  // works from afar
  const auto same_network = *network::Address::parse("81.2.69.7");
  const auto around = neighbours.around(kTenant, UserId{9}, same_network, kNow);
  ASSERT_TRUE(around);
  EXPECT_EQ(around->people, 3U);
  EXPECT_NEAR(around->place.middle.latitude, 52.5, 0.05);
  EXPECT_LT(around->place.radius_km, 5);
}

TEST(Neighbours, oneself_and_other_tenants_and_other_networks_say_nothing) {
  Neighbours neighbours;
  neighbours.saw(kTenant, UserId{1}, kOffice, {52.5, 13.4}, kNow);
  EXPECT_FALSE(neighbours.around(kTenant, UserId{1}, kOffice, kNow));
  EXPECT_FALSE(neighbours.around(TenantId{2}, UserId{9}, kOffice, kNow));
  EXPECT_FALSE(
      neighbours.around(kTenant, UserId{9}, *network::Address::parse("81.2.70.1"), kNow));
}

TEST(Neighbours, old_fixes_and_those_of_who_withdrew_do_not_count) {
  Neighbours neighbours;
  neighbours.saw(kTenant, UserId{1}, kOffice, {52.5, 13.4}, kNow);
  EXPECT_TRUE(neighbours.around(kTenant, UserId{9}, kOffice, kNow + Neighbours::kFresh_s));
  EXPECT_FALSE(neighbours.around(kTenant, UserId{9}, kOffice, kNow + Neighbours::kFresh_s + 1));
  neighbours.forget(kTenant, UserId{1});
  EXPECT_FALSE(neighbours.around(kTenant, UserId{9}, kOffice, kNow));
}

TEST(Neighbours, the_date_line_divides_nobody) {
  Neighbours neighbours;
  neighbours.saw(kTenant, UserId{1}, kOffice, {-17.0, 179.9}, kNow);
  neighbours.saw(kTenant, UserId{2}, kOffice, {-17.0, -179.9}, kNow);
  neighbours.saw(kTenant, UserId{3}, kOffice, {-17.0, -179.8}, kNow);
  const auto around = neighbours.around(kTenant, UserId{9}, kOffice, kNow);
  ASSERT_TRUE(around);
  EXPECT_NEAR(around->place.middle.longitude, -179.9, 0.01);
}

}  // namespace
}  // namespace conclave::whereabouts
