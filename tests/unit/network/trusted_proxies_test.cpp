#include "runtime/network/trusted_proxies.hpp"

#include <gtest/gtest.h>

#include "runtime/network/errors.hpp"

namespace conclave::network {
namespace {

std::string client(std::string_view peer, std::vector<std::string_view> lines) {
  const std::vector<std::string> networks{"10.0.0.0/8", "2001:db8::/32"};
  return TrustedProxies::parse(networks)->client_of(*Address::parse(peer), lines).text();
}

TEST(TrustedProxies, nobody_is_trusted_unless_named) {
  EXPECT_TRUE(TrustedProxies().empty());
  EXPECT_FALSE(TrustedProxies().holds(*Address::parse("127.0.0.1")));
}

TEST(TrustedProxies, a_stranger_is_itself_whatever_it_sends) {
  EXPECT_EQ(client("203.0.113.9", {"1.2.3.4"}), "203.0.113.9");
  EXPECT_EQ(client("203.0.113.9", {"10.0.0.1", "1.2.3.4, 10.0.0.2"}), "203.0.113.9");
}

TEST(TrustedProxies, what_stands_left_of_a_stranger_was_written_by_it) {
  EXPECT_EQ(client("10.0.0.1", {"6.6.6.6, 203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {"6.6.6.6, 203.0.113.9, 10.0.0.2"}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {"6.6.6.6", "203.0.113.9,10.0.0.2"}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {"10.6.6.6, 203.0.113.9", "2001:db8::5"}), "203.0.113.9");
}

TEST(TrustedProxies, without_a_header_the_proxy_is_the_client) {
  EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {"10.0.0.2"}), "10.0.0.2");
}

TEST(TrustedProxies, an_unreadable_hop_ends_the_trust) {
  for (const char* line :
       {"", "unknown", "6.6.6.6, unknown", "6.6.6.6, ", "6.6.6.6,,", "6.6.6.6, [x"}) {
    EXPECT_EQ(client("10.0.0.1", {line}), "10.0.0.1") << line;
  }
}

TEST(TrustedProxies, reads_ports_and_brackets) {
  EXPECT_EQ(client("10.0.0.1", {"203.0.113.9:1234"}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {"[2a00::1]:1234"}), "2a00::1");
  EXPECT_EQ(client("10.0.0.1", {" 2a00::1 "}), "2a00::1");
}

TEST(TrustedProxies, names_a_text_that_is_no_network) {
  const std::vector<std::string> texts{"10.0.0.0/8", "lb.example"};
  const auto parsed = TrustedProxies::parse(texts);
  ASSERT_FALSE(parsed);
  EXPECT_TRUE(parsed.error().is(kListRefused));
  EXPECT_NE(parsed.error().detail().find("lb.example"), std::string::npos);
}

}  // namespace
}  // namespace conclave::network
