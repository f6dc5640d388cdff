#include "runtime/evidence/location_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/evidence/errors.hpp"
#include "tests/unit/evidence/scratch.hpp"
#include "tests/unit/evidence/tiny_database.hpp"

namespace conclave::evidence::test {
namespace {

using signals::CountryCode;
using signals::NetworkFacts;
using signals::Trait;
using testing::HasSubstr;

NetworkFacts facts_in(const std::filesystem::path& file, std::string_view address) {
  const auto database = LocationDatabase::open(file);
  EXPECT_TRUE(database) << database.error().text();
  NetworkFacts facts;
  if (database) (*database)->fill(*network::Address::parse(address), facts);
  return facts;
}

TEST(LocationDatabase, reads_country_place_and_radius_of_the_nested_layout) {
  const auto facts = facts_in(sample("GeoLite2-City-Test.mmdb"), "81.2.69.160");
  EXPECT_EQ(facts.country, CountryCode::of("GB"));
  ASSERT_TRUE(facts.place);
  EXPECT_DOUBLE_EQ(facts.place->middle.latitude, 51.5142);
  EXPECT_DOUBLE_EQ(facts.place->middle.longitude, -0.0931);
  EXPECT_DOUBLE_EQ(facts.place->radius_km, 100);
}

TEST(LocationDatabase, reads_ipv6) {
  EXPECT_EQ(facts_in(sample("GeoLite2-Country-Test.mmdb"), "2001:218::1").country,
            CountryCode::of("JP"));
}

TEST(LocationDatabase, a_mapped_address_is_its_ipv4_address) {
  EXPECT_EQ(facts_in(sample("GeoLite2-City-Test.mmdb"), "::ffff:89.160.20.112").country,
            CountryCode::of("SE"));
}

TEST(LocationDatabase, reads_the_autonomous_system) {
  EXPECT_EQ(facts_in(sample("GeoLite2-ASN-Test.mmdb"), "1.128.0.1").as_number, 1221U);
}

TEST(LocationDatabase, reads_what_kind_of_network_it_is) {
  EXPECT_TRUE(
      facts_in(sample("GeoIP2-Connection-Type-Test.mmdb"), "1.0.1.1").traits.has(Trait::mobile));
  const auto file = sample("GeoIP2-Anonymous-IP-Test.mmdb");
  EXPECT_EQ(facts_in(file, "1.2.0.1").traits, signals::Traits{Trait::vpn});
  EXPECT_EQ(facts_in(file, "186.30.236.1").traits, signals::Traits{Trait::proxy});
  EXPECT_EQ(facts_in(file, "71.160.223.1").traits, signals::Traits{Trait::hosting});
  EXPECT_TRUE(facts_in(file, "81.2.69.1").traits.has(Trait::tor));
  EXPECT_EQ(facts_in(file, "1.1.1.1").traits, signals::Traits{});
}

TEST(LocationDatabase, an_address_that_is_not_in_it_stays_unknown) {
  const auto facts = facts_in(sample("GeoLite2-City-Test.mmdb"), "10.0.0.1");
  EXPECT_FALSE(facts.country.known());
  EXPECT_FALSE(facts.place);
}

TEST(LocationDatabase, an_ipv6_address_in_an_ipv4_file_stays_unknown) {
  const Scratch scratch;
  TinyDatabase tiny("country");
  tiny.add(0x51000000, 8, {{"country_code", "DE"}});
  tiny.write(scratch / "a.mmdb");
  EXPECT_FALSE(facts_in(scratch / "a.mmdb", "2001:218::1").country.known());
}

TEST(LocationDatabase, reads_the_flat_layout) {
  const Scratch scratch;
  TinyDatabase tiny("city ipv4");
  tiny.add(0x51000000, 8,
           {{"country_code", "DE"}, {"city", "Berlin"}, {"latitude", 52.5}, {"longitude", 13.4}});
  tiny.add(0x52000000, 8,
           {{"country_code", "DE"}, {"city", ""}, {"latitude", 51.0}, {"longitude", 9.0}});
  tiny.write(scratch / "a.mmdb");
  const auto berlin = facts_in(scratch / "a.mmdb", "81.1.2.3");
  EXPECT_EQ(berlin.country, CountryCode::of("DE"));
  ASSERT_TRUE(berlin.place);
  EXPECT_DOUBLE_EQ(berlin.place->middle.latitude, 52.5);
  EXPECT_DOUBLE_EQ(berlin.place->radius_km, kDefaultCityRadiusKm);
  const auto somewhere = facts_in(scratch / "a.mmdb", "82.1.2.3");
  ASSERT_TRUE(somewhere.place);
  EXPECT_GT(somewhere.place->radius_km, 300) << "no city: as wide as the country";
}

TEST(LocationDatabase, zero_zero_and_impossible_coordinates_are_no_place) {
  const Scratch scratch;
  TinyDatabase tiny("city ipv4");
  tiny.add(0x51000000, 8, {{"country_code", "DE"}, {"latitude", 0.0}, {"longitude", 0.0}});
  tiny.add(0x52000000, 8, {{"country_code", "DE"}, {"latitude", 95.0}, {"longitude", 9.0}});
  tiny.write(scratch / "a.mmdb");
  EXPECT_FALSE(facts_in(scratch / "a.mmdb", "81.1.2.3").place);
  EXPECT_FALSE(facts_in(scratch / "a.mmdb", "82.1.2.3").place);
}

TEST(LocationDatabase, what_is_known_already_stays) {
  const auto database = LocationDatabase::open(sample("GeoLite2-City-Test.mmdb"));
  ASSERT_TRUE(database);
  NetworkFacts facts;
  facts.country = CountryCode::of("FR");
  facts.place = signals::Place{{48.9, 2.4}, 5};
  (*database)->fill(*network::Address::parse("81.2.69.160"), facts);
  EXPECT_EQ(facts.country, CountryCode::of("FR"));
  EXPECT_DOUBLE_EQ(facts.place->radius_km, 5);
}

TEST(LocationDatabase, says_how_old_it_is) {
  const auto database = LocationDatabase::open(sample("GeoLite2-City-Test.mmdb"));
  ASSERT_TRUE(database);
  EXPECT_EQ((*database)->type(), "GeoLite2-City");
  EXPECT_GT((*database)->built_at_s(), 1'500'000'000);
  EXPECT_GT((*database)->nodes(), 100U);
}

class Corrupt : public testing::TestWithParam<const char*> {};

TEST_P(Corrupt, is_refused_and_named) {
  const auto database = LocationDatabase::open(sample(GetParam()));
  ASSERT_FALSE(database);
  EXPECT_TRUE(database.error().is(kDatabaseCorrupt)) << database.error().text();
  EXPECT_THAT(database.error().detail(), HasSubstr(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Samples, Corrupt,
                         testing::Values("GeoIP2-City-Test-Invalid-Node-Count.mmdb",
                                         "GeoIP2-City-Test-Broken-Double-Format.mmdb",
                                         "MaxMind-DB-test-broken-pointers-24.mmdb",
                                         "MaxMind-DB-test-broken-search-tree-24.mmdb",
                                         "libmaxminddb-corrupt-search-tree.mmdb",
                                         "libmaxminddb-deep-nesting.mmdb",
                                         "libmaxminddb-oversized-map.mmdb"));

TEST(LocationDatabase, a_file_cut_anywhere_is_refused_or_still_sound) {
  const Scratch scratch;
  std::ifstream in(sample("GeoLite2-ASN-Test.mmdb"), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t keep = 0; keep < whole.size(); keep += 97) {
    scratch.write("cut.mmdb", std::string_view(whole).substr(0, keep));
    const auto database = LocationDatabase::open(scratch / "cut.mmdb");
    ASSERT_FALSE(database) << keep;
    EXPECT_TRUE(database.error().is(kDatabaseCorrupt)) << database.error().text();
  }
}

TEST(LocationDatabase, flipped_bytes_never_crash_a_lookup) {
  const Scratch scratch;
  std::ifstream in(sample("GeoLite2-Country-Test.mmdb"), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  std::size_t opened = 0;
  for (std::size_t at = 0; at < whole.size(); at += 211) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    scratch.write("flip.mmdb", damaged);
    const auto database = LocationDatabase::open(scratch / "flip.mmdb");
    if (!database) continue;
    ++opened;
    for (const char* address : {"81.2.69.160", "2001:218::1", "1.1.1.1", "255.255.255.255"}) {
      NetworkFacts facts;
      (*database)->fill(*network::Address::parse(address), facts);
      if (facts.place) EXPECT_TRUE(signals::is_valid(facts.place->middle));
    }
  }
  EXPECT_GT(opened, 0U);
}

TEST(LocationDatabase, overwriting_the_file_in_place_changes_nothing) {
  const Scratch scratch;
  std::filesystem::copy_file(sample("GeoLite2-Country-Test.mmdb"), scratch / "a.mmdb");
  const auto database = LocationDatabase::open(scratch / "a.mmdb");
  ASSERT_TRUE(database);
  scratch.write("a.mmdb", "");
  NetworkFacts facts;
  (*database)->fill(*network::Address::parse("2001:218::1"), facts);
  EXPECT_EQ(facts.country, CountryCode::of("JP"));
}

TEST(LocationDatabase, a_file_that_is_not_there_is_named) {
  const auto database = LocationDatabase::open("/nonexistent/city.mmdb");
  ASSERT_FALSE(database);
  EXPECT_TRUE(database.error().is(kFileUnreadable));
  EXPECT_THAT(database.error().detail(), HasSubstr("/nonexistent/city.mmdb"));
  EXPECT_TRUE(LocationDatabase::open("/dev/null").error().is(kFileUnreadable));
}

}  // namespace
}  // namespace conclave::evidence::test
