#include "runtime/whereabouts/told.hpp"

#include <gtest/gtest.h>

#include "runtime/whereabouts/errors.hpp"

namespace conclave::whereabouts {
namespace {

TEST(GeoUri, gives_position_and_uncertainty) {
  const auto place = parse_geo_uri("geo:48.2010,16.3695,183;crs=wgs84;u=40;x=1");
  ASSERT_TRUE(place);
  EXPECT_DOUBLE_EQ(place->middle.latitude, 48.201);
  EXPECT_DOUBLE_EQ(place->middle.longitude, 16.3695);
  EXPECT_DOUBLE_EQ(place->radius_km, 0.04);
  EXPECT_DOUBLE_EQ(parse_geo_uri("geo:-33.9,151.2")->radius_km, 0.03);
}

TEST(GeoUri, refuses_what_is_no_position) {
  for (const std::string_view text :
       {"", "geo:", "geo:1", "geo:,", "geo:a,b", "48.2,16.3", "geo:91,0", "geo:0,181",
        "geo:1,2;u=-1", "geo:1,2;u=x", "geo:1,2;u=2000000", "geo:1,2;crs=mars", "geo:nan,1",
        "geo:1e1,2", "geo:inf,0", "geo:1 ,2"}) {
    const auto place = parse_geo_uri(text);
    ASSERT_FALSE(place) << text;
    EXPECT_TRUE(place.error().is(kPositionInvalid)) << text;
  }
}

TEST(GeoUri, is_written_as_it_is_read) {
  const signals::Place place{{48.2010, -16.3694}, 0.04};
  EXPECT_EQ(geo_uri(place, true), "geo:48.201000,-16.369400;u=40");
  EXPECT_EQ(geo_uri(place, false), "geo:48.201,-16.369;u=40");
  EXPECT_EQ(parse_geo_uri(geo_uri(place, true))->middle, place.middle);
}

TEST(UtcOffset, is_read_in_minutes) {
  EXPECT_EQ(parse_utc_offset("Z"), 0);
  EXPECT_EQ(parse_utc_offset("+05:45"), 345);
  EXPECT_EQ(parse_utc_offset("-03:30"), -210);
  for (const std::string_view text :
       {"", "+5:45", "05:45", "+15:00", "+05:60", "+05-45", "z", "+0a:00", "+ 1:00"}) {
    EXPECT_EQ(parse_utc_offset(text), std::nullopt) << text;
  }
}

TEST(LanguageTag, has_a_region_or_none) {
  EXPECT_EQ(region_of("de-AT"), "AT");
  EXPECT_EQ(region_of("zh-Hant-TW"), "TW");
  EXPECT_EQ(region_of("de"), "");
  EXPECT_EQ(region_of("en-x-ab"), "");
  EXPECT_EQ(region_of(""), "");
}

}  // namespace
}  // namespace conclave::whereabouts
