#include "policies/signals/geometry.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "policies/signals/country.hpp"

namespace conclave::signals {
namespace {

constexpr Point kBerlin{52.52, 13.40};
constexpr Point kTokyo{35.69, 139.69};
constexpr Point kLondon{51.51, -0.13};

TEST(Geometry, knows_distances) {
  EXPECT_NEAR(distance_km(kBerlin, kTokyo), 8918, 30);
  EXPECT_NEAR(distance_km(kBerlin, kLondon), 932, 5);
  EXPECT_DOUBLE_EQ(distance_km(kBerlin, kBerlin), 0);
  EXPECT_NEAR(distance_km({0, -179.5}, {0, 179.5}), 111.2, 0.5) << "across the date line";
  EXPECT_NEAR(distance_km({90, 0}, {-90, 0}), 20015, 5);
}

TEST(Geometry, discs_that_touch_have_no_gap) {
  EXPECT_DOUBLE_EQ(gap_km({kBerlin, 500}, {kLondon, 500}), 0);
  EXPECT_NEAR(gap_km({kBerlin, 100}, {kLondon, 100}), 732, 5);
}

TEST(Geometry, light_in_fibre_bounds_the_distance) {
  EXPECT_NEAR(farthest_km(10), 1021, 1) << "204 km for a millisecond of one way";
  EXPECT_NEAR(least_round_trip_ms(1021), 10, 0.01);
  EXPECT_GT(farthest_km(10, kVacuumKmPerMs), 1490);
}

TEST(Geometry, cells_are_coarse_and_know_their_neighbours) {
  EXPECT_EQ(coarse_cell({52.51, 13.40}), coarse_cell({52.99, 13.01}));
  EXPECT_NE(coarse_cell({52.51, 13.40}), coarse_cell({52.49, 13.40}));
  EXPECT_TRUE(cells_touch(coarse_cell({52.51, 13.40}), coarse_cell({52.49, 13.6})));
  EXPECT_FALSE(cells_touch(coarse_cell({52.51, 13.40}), coarse_cell({51.9, 13.4})));
  EXPECT_TRUE(cells_touch(coarse_cell({0.1, 179.9}), coarse_cell({0.1, -179.9})));
  EXPECT_LT(coarse_cell({90, 180}), 1U << 20U);
}

TEST(Geometry, refuses_coordinates_of_no_place) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(is_valid({-90, 180}));
  EXPECT_FALSE(is_valid({90.1, 0}));
  EXPECT_FALSE(is_valid({0, -180.1}));
  EXPECT_FALSE(is_valid({nan, 0}));
  EXPECT_FALSE(is_valid({0, nan}));
}

TEST(Country, codes_have_one_form) {
  EXPECT_EQ(CountryCode::of("de"), CountryCode::of("DE"));
  EXPECT_EQ(CountryCode::of("de").text(), "DE");
  for (const char* text : {"", "D", "DEU", "D1", "--"}) {
    EXPECT_FALSE(CountryCode::of(text).known()) << text;
  }
  EXPECT_EQ(CountryCode{}.number(), 0U);
}

TEST(Country, the_table_is_sorted_and_sane) {
  const auto rows = country_rows();
  ASSERT_GT(rows.size(), 240U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const CountryRow& row = rows[i];
    EXPECT_EQ(find_country(CountryCode::of(row.code)), &row) << row.code;
    EXPECT_TRUE(is_valid({row.latitude, row.longitude})) << row.code;
    EXPECT_LE(row.least_offset_quarters, row.most_offset_quarters) << row.code;
    EXPECT_GE(row.radius_km, 30) << row.code;
  }
  EXPECT_EQ(find_country(CountryCode::of("ZZ")), nullptr);
  const CountryRow* germany = find_country(CountryCode::of("DE"));
  ASSERT_NE(germany, nullptr);
  EXPECT_EQ(germany->least_offset_quarters, 4);
  EXPECT_EQ(germany->most_offset_quarters, 8);
  EXPECT_LT(distance_km({germany->latitude, germany->longitude}, kBerlin), germany->radius_km);
}

}  // namespace
}  // namespace conclave::signals
