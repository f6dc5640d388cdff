#include "runtime/config/config.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace conclave::config {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kFile = "/srv/conclave/conclave.toml";

Problems problems_of(std::string_view text) {
  auto result = parse(text, kFile);
  return result ? Problems{} : result.error();
}

TEST(Config, AnEmptyFileGivesTheDefaultsAndTheFoldersState) {
  const auto config = parse("", kFile);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->state, "/srv/conclave");
  EXPECT_EQ(config->file, kFile);
  ASSERT_THAT(config->listen, SizeIs(1));
  EXPECT_EQ(config->listen[0].port, 8443);
  EXPECT_TRUE(config->listen[0].tls);
  EXPECT_EQ(config->limits.frame_bytes, 64u * 1024);
}

TEST(Config, NamesTheFilesThatAddressesAreLookedUpIn) {
  const auto config = parse(R"(
[location]
databases = ["location/city.mmdb", "/usr/share/GeoIP/asn.mmdb"]
vpn = ["lists/relays.txt"]
proxy = ["lists/relays.txt"]
server_place = "50.11, 8.68"
)",
                            kFile);
  ASSERT_TRUE(config) << to_text(config.error(), kFile);
  EXPECT_THAT(location_files(*config), ::testing::ElementsAre("/srv/conclave/location/city.mmdb",
                                                              "/usr/share/GeoIP/asn.mmdb",
                                                              "/srv/conclave/lists/relays.txt"));
  EXPECT_EQ(parse_coordinates(config->location.server_place)->longitude, 8.68);
}

TEST(Config, RefusesAPlaceThatIsNone) {
  for (const std::string place :
       {"Frankfurt", "50.11", "50.11, 8.68, 3", "91, 0", "0, 181", "a,b"}) {
    const auto problems = problems_of("[location]\nserver_place = \"" + place + "\"\n");
    ASSERT_THAT(problems, SizeIs(1)) << place;
    EXPECT_EQ(problems[0].line, 2);
    EXPECT_THAT(problems[0].text, HasSubstr("50.11, 8.68"));
  }
}

TEST(Config, ReadsEveryKindOfValue) {
  const auto config = parse(R"(
state = "../data"
[server]
name = "Acme"
[[listen]]
address = "::1"
port = 0
tls = false
[[listen]]
address = "0.0.0.0"
[tls]
names = ["chat.example.org", "192.0.2.1"]
certificate_file = "tls/leaf.pem"
[keyd]
module = "/opt/vendor/pkcs11.so"
)",
                            kFile);
  ASSERT_TRUE(config) << to_text(config.error(), kFile);
  EXPECT_EQ(config->state, "/srv/data");
  EXPECT_EQ(config->server.name, "Acme");
  ASSERT_THAT(config->listen, SizeIs(2));
  EXPECT_EQ(config->listen[0].address, "::1");
  EXPECT_EQ(config->listen[0].port, 0);
  EXPECT_FALSE(config->listen[0].tls);
  EXPECT_EQ(config->listen[1].port, 8443);
  EXPECT_THAT(config->tls.names, ::testing::ElementsAre("chat.example.org", "192.0.2.1"));
  EXPECT_EQ(config->tls.certificate_file, "/srv/conclave/tls/leaf.pem");
  EXPECT_EQ(config->keyd.module, "/opt/vendor/pkcs11.so");
}

TEST(Config, AnUnknownKeyNamesItsLineAndTheNearestKnownOne) {
  const auto problems = problems_of("[limits]\n\nframe_byte = 1\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].line, 3u);
  EXPECT_EQ(problems[0].key, "limits.frame_byte");
  EXPECT_THAT(problems[0].text, HasSubstr("did you mean limits.frame_bytes?"));
}

TEST(Config, AKeyInTheWrongSectionIsPointedToItsOwn) {
  const auto problems = problems_of("[server]\ndeadline_ms = 500\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].text, HasSubstr("did you mean keyd.deadline_ms?"));
}

TEST(Config, AnUnknownKeyOfAListenTableIsRefused) {
  const auto problems = problems_of("[[listen]]\nprot = 1\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].key, "listen[0].prot");
  EXPECT_THAT(problems[0].text, HasSubstr("did you mean port?"));
}

TEST(Config, APinInTheFileIsRefusedAndThePinFileSuggested) {
  const auto problems = problems_of("[keyd]\npin = \"1234\"\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].text, HasSubstr("did you mean keyd.pin_file?"));
  EXPECT_THAT(problems[0].text, Not(HasSubstr("1234")));
}

TEST(Config, AWrongTypeSaysWhatIsAllowed) {
  const auto problems = problems_of("[threads]\nio = \"many\"\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].line, 2u);
  EXPECT_EQ(problems[0].text, "\"many\" is not allowed; an integer from 1 to 256 is (threads)");
}

TEST(Config, BoundsHoldOnBothSides) {
  EXPECT_THAT(problems_of("[threads]\nio = 0\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[threads]\nio = 257\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[threads]\nio = -1\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[threads]\nio = 1\n"), SizeIs(0));
  EXPECT_THAT(problems_of("[threads]\nio = 256\n"), SizeIs(0));
}

TEST(Config, AWordOutsideTheListNamesTheList) {
  const auto problems = problems_of("[log]\nlevel = \"loud\"\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].text, HasSubstr("one of \"debug\" \"info\" \"warning\" \"error\""));
}

TEST(Config, AllMistakesComeAtOnceInTheOrderOfLines) {
  const auto problems = problems_of(
      "[threads]\nio = 0\n[limits]\nidle_ms = 2000\nping_after_ms = 3000\nframes = "
      "2\n[nonsense_section]\nx = 1\n");
  ASSERT_THAT(problems, SizeIs(4));
  EXPECT_EQ(problems[0].line, 2u);
  EXPECT_EQ(problems[1].line, 5u);
  EXPECT_EQ(problems[2].line, 6u);
  EXPECT_EQ(problems[3].line, 7u);
}

TEST(Config, BrokenTomlNamesItsLine) {
  const auto problems = problems_of("[limits]\nidle_ms = = 3\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].line, 2u);
}

TEST(Config, PlainListenersStayOnLoopback) {
  EXPECT_THAT(problems_of("[[listen]]\naddress = \"0.0.0.0\"\ntls = false\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[[listen]]\naddress = \"127.0.0.1\"\ntls = false\n"), SizeIs(0));
}

TEST(Config, OnlyListenersWithTlsAskForCertificates) {
  EXPECT_THAT(problems_of("[[listen]]\nclient_certificates = true\n"), SizeIs(0));
  const auto problems = problems_of("[[listen]]\ntls = false\nclient_certificates = true\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].key, "listen[0].client_certificates");
}

TEST(Config, TheSameAddressAndPortTwiceIsRefused) {
  EXPECT_THAT(problems_of("[[listen]]\nport = 9\n[[listen]]\nport = 9\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[[listen]]\nport = 0\n[[listen]]\nport = 0\n"), SizeIs(0));
}

TEST(Config, NamesAndAddressesAreChecked) {
  EXPECT_THAT(problems_of("[[listen]]\naddress = \"localhost\"\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[tls]\nnames = [\"bad name\"]\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[tls]\nnames = []\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[server]\nprovider_domain = \"Upper.Case\"\n"), SizeIs(1));
}

TEST(Config, ASectionThatIsNoTableIsRefused) {
  EXPECT_THAT(problems_of("limits = 3\n"), SizeIs(1));
  EXPECT_THAT(problems_of("listen = 3\n"), SizeIs(1));
}

TEST(Config, AMissingFileIsAProblemWithoutALine) {
  const auto result = load("/nonexistent/conclave.toml");
  ASSERT_FALSE(result);
  ASSERT_THAT(result.error(), SizeIs(1));
  EXPECT_EQ(result.error()[0].line, 0u);
  EXPECT_THAT(to_text(result.error(), "/nonexistent/conclave.toml"),
              HasSubstr("/nonexistent/conclave.toml: cannot be read: "));
}

TEST(Config, ProblemsReadLikeACompilersMessages) {
  EXPECT_EQ(to_text({{12, "log.level", "is wrong"}}, "c.toml"), "c.toml:12: log.level: is wrong\n");
}

}  // namespace
}  // namespace conclave::config
