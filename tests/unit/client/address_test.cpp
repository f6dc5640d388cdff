#include "sdk/client/address.hpp"

#include <gmock/gmock.h>

#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

TEST(Address, ReadsHostPortAndPath) {
  const auto address = parse_address("wss://chat.example.org:8443");
  ASSERT_TRUE(address.has_value());
  EXPECT_TRUE(address->tls);
  EXPECT_EQ(address->host, "chat.example.org");
  EXPECT_EQ(address->port, 8443);
  EXPECT_EQ(address->path, "/ws");
}

TEST(Address, TakesTheLinkThatABrowserWouldTake) {
  const auto address = parse_address("https://[::1]/door");
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->port, 443);
  EXPECT_EQ(address->path, "/door");
  EXPECT_EQ(address->authority(), "[::1]:443");
}

TEST(Address, PlainTextOnlyToTheSameMachine) {
  EXPECT_TRUE(parse_address("ws://127.0.0.1:8080").has_value());
  EXPECT_TRUE(parse_address("ws://localhost:8080").has_value());
  const auto refused = parse_address("ws://chat.example.org:8080");
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(kBadAddress));
}

TEST(Address, RefusesWhatIsNoServer) {
  for (const char* text : {"", "chat.example.org", "ftp://host", "wss://", "wss://host:99999",
                           "wss://host:0", "wss://ho st"}) {
    EXPECT_FALSE(parse_address(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace conclave::client
