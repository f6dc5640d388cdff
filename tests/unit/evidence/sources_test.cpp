#include "runtime/evidence/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/unit/evidence/scratch.hpp"
#include "tests/unit/evidence/tiny_database.hpp"

namespace conclave::evidence::test {
namespace {

using signals::CountryCode;
using signals::NetworkFacts;
using signals::Trait;
using testing::HasSubstr;
using Kind = SourceFile::Kind;

class FixedClock : public base::Clock {
 public:
  std::int64_t utc_ms() const override { return 1'790'000'000'000; }
  std::int64_t monotonic_ms() const override { return 0; }
};
const FixedClock kClock;

NetworkFacts look(const Sources& sources, std::string_view address) {
  return sources.look_up(*network::Address::parse(address));
}

// Beside the old one and then renamed over it, as operators are told to.
void replace(const Scratch& scratch, const std::string& name, std::string_view text) {
  scratch.write(name + ".new", text);
  std::filesystem::rename(scratch / (name + ".new"), scratch / name);
}

void write_country(const Scratch& scratch, const std::string& code) {
  TinyDatabase tiny("country");
  tiny.add(0x51000000, 8, {{"country_code", code}});
  tiny.write(scratch / "country.new");
  std::filesystem::rename(scratch / "country.new", scratch / "country.mmdb");
}

TEST(Sources, bring_together_what_databases_and_lists_say) {
  const Scratch scratch;
  write_country(scratch, "DE");
  scratch.write("as.csv", "81.0.0.0,81.0.255.255,64500,\"Example, Inc.\"\n");
  scratch.write("vpn.txt", "81.0.7.0/24\n");
  scratch.write("hosting.txt", "AS64500 # Example\n");
  Sources sources({{Kind::database, scratch / "country.mmdb", {}},
                   {Kind::as_ranges, scratch / "as.csv", {}},
                   {Kind::list, scratch / "vpn.txt", {Trait::vpn}},
                   {Kind::list, scratch / "hosting.txt", {Trait::hosting}}},
                  kClock);
  EXPECT_FALSE(look(sources, "81.0.7.1").country.known()) << "nothing is read yet";
  EXPECT_EQ(sources.reload(), 4U);
  const NetworkFacts exit = look(sources, "81.0.7.1");
  EXPECT_EQ(exit.country, CountryCode::of("DE"));
  EXPECT_EQ(exit.as_number, 64'500U);
  EXPECT_EQ(exit.traits, (signals::Traits{Trait::vpn, Trait::hosting}));
  EXPECT_EQ(look(sources, "81.0.8.1").traits, signals::Traits{Trait::hosting});
  EXPECT_EQ(look(sources, "81.1.0.1").traits, signals::Traits{});
}

TEST(Sources, of_an_internal_address_nothing_is_looked_up) {
  Sources sources({}, kClock);
  sources.reload();
  EXPECT_EQ(look(sources, "192.168.1.1").traits, signals::Traits{Trait::internal});
}

TEST(Sources, take_new_versions_and_read_unchanged_files_once) {
  const Scratch scratch;
  write_country(scratch, "DE");
  Sources sources({{Kind::database, scratch / "country.mmdb", {}}}, kClock);
  EXPECT_EQ(sources.reload(), 1U);
  EXPECT_EQ(sources.reload(), 0U);
  write_country(scratch, "FR");
  EXPECT_EQ(sources.reload(), 1U);
  EXPECT_EQ(look(sources, "81.0.7.1").country, CountryCode::of("FR"));
}

TEST(Sources, a_damaged_version_leaves_the_last_good_one_in_force) {
  const Scratch scratch;
  write_country(scratch, "DE");
  scratch.write("vpn.txt", "81.0.7.0/24\n");
  Sources sources({{Kind::database, scratch / "country.mmdb", {}},
                   {Kind::list, scratch / "vpn.txt", {Trait::vpn}}},
                  kClock);
  ASSERT_EQ(sources.reload(), 2U);
  replace(scratch, "country.mmdb", "no database");
  replace(scratch, "vpn.txt", "81.0.7.0/24\n81.0.7.0/99\n");
  EXPECT_EQ(sources.reload(), 0U);
  EXPECT_EQ(look(sources, "81.0.7.1").country, CountryCode::of("DE"));
  EXPECT_TRUE(look(sources, "81.0.7.1").traits.has(Trait::vpn));
  const auto status = sources.status();
  ASSERT_EQ(status.size(), 2U);
  EXPECT_TRUE(status[0].loaded);
  EXPECT_THAT(status[0].error, HasSubstr("country.mmdb"));
  EXPECT_THAT(status[1].error, HasSubstr("line 2"));
  write_country(scratch, "FR");
  EXPECT_EQ(sources.reload(), 1U);
  EXPECT_EQ(sources.status()[0].error, "");
}

TEST(Sources, every_corrupt_sample_leaves_the_last_good_state) {
  const Scratch scratch;
  write_country(scratch, "DE");
  Sources sources({{Kind::database, scratch / "country.mmdb", {}}}, kClock);
  sources.reload();
  for (const char* name :
       {"GeoIP2-City-Test-Invalid-Node-Count.mmdb", "MaxMind-DB-test-broken-pointers-24.mmdb",
        "MaxMind-DB-test-broken-search-tree-24.mmdb", "libmaxminddb-deep-nesting.mmdb",
        "libmaxminddb-oversized-map.mmdb"}) {
    std::filesystem::copy_file(sample(name), scratch / "country.mmdb",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(sources.reload(), 0U) << name;
    EXPECT_NE(sources.status()[0].error, "") << name;
    EXPECT_EQ(look(sources, "81.0.7.1").country, CountryCode::of("DE")) << name;
  }
}

TEST(Sources, a_file_that_is_gone_is_told_and_stays_in_force) {
  const Scratch scratch;
  write_country(scratch, "DE");
  Sources sources({{Kind::database, scratch / "country.mmdb", {}},
                   {Kind::list, scratch / "never.txt", {Trait::vpn}}},
                  kClock);
  sources.reload();
  std::filesystem::remove(scratch / "country.mmdb");
  EXPECT_EQ(sources.reload(), 0U);
  EXPECT_EQ(look(sources, "81.0.7.1").country, CountryCode::of("DE"));
  EXPECT_THAT(sources.status()[0].error, HasSubstr("country.mmdb"));
  EXPECT_FALSE(sources.status()[1].loaded);
  write_country(scratch, "DE");
  EXPECT_EQ(sources.reload(), 1U);
}

TEST(Sources, say_how_old_they_are) {
  const Scratch scratch;
  write_country(scratch, "DE");
  Sources sources({{Kind::database, scratch / "country.mmdb", {}}}, kClock);
  sources.reload();
  const SourceStatus status = sources.status()[0];
  EXPECT_EQ(status.built_at_s, 1'780'000'000);
  EXPECT_EQ(status.loaded_at_s, 1'790'000'000);
  EXPECT_GT(status.entries, 0U);
}

TEST(Sources, look_ups_go_on_while_files_are_replaced) {
  const Scratch scratch;
  write_country(scratch, "DE");
  Sources sources({{Kind::database, scratch / "country.mmdb", {}}}, kClock);
  sources.reload();
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::thread reader([&] {
    const CountryCode germany = CountryCode::of("DE");
    const CountryCode france = CountryCode::of("FR");
    while (!stop) {
      const CountryCode country = look(sources, "81.0.7.1").country;
      if (country != germany && country != france) ++wrong;
    }
  });
  for (int i = 0; i < 50; ++i) {
    write_country(scratch, i % 2 == 0 ? "FR" : "DE");
    sources.reload();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace conclave::evidence::test
