#include <gmock/gmock.h>

#include "runtime/base/bytes.hpp"
#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"

namespace conclave::wire::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kAskPeer = "GET /peer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

// A header for a client at 203.0.113.<host>.
std::string proxy_header(std::uint8_t host, std::uint8_t command = 0x21) {
  base::ByteWriter out;
  out.raw(kSignature).u8(command).u8(0x11).u16(12);
  out.u32(0xcb007100U | host).u32(0x7f000001).u16(50'000).u16(443);
  return std::string(base::as_text(out.bytes()));
}

ListenAddress from_loopback(bool strangers = false) {
  ListenAddress listen;
  listen.proxy_protocol = network::TrustedProxies({*network::Prefix::parse("127.0.0.0/8")});
  listen.proxy_strangers = strangers;
  return listen;
}

// Trusts a load balancer elsewhere: everybody here is a stranger.
ListenAddress from_elsewhere(bool strangers) {
  ListenAddress listen = from_loopback(strangers);
  listen.proxy_protocol = network::TrustedProxies({*network::Prefix::parse("10.9.9.9")});
  return listen;
}

std::string peer_after(const Running& running, std::string_view first_bytes) {
  RawClient client(running.plain());
  client.write(std::string(first_bytes) + std::string(kAskPeer));
  return client.read_to_end();
}

TEST(Proxy, the_address_is_the_one_in_the_header) {
  const Running running({}, {}, from_loopback());
  const std::string answer = peer_after(running, proxy_header(7));
  EXPECT_THAT(answer, HasSubstr("203.0.113.7 proxied"));
  EXPECT_EQ(answer.find("loopback"), std::string::npos) << "rights of this machine do not pass on";
}

TEST(Proxy, a_header_that_comes_in_pieces_is_read) {
  const Running running({}, {}, from_loopback());
  RawClient client(running.plain());
  for (char byte : proxy_header(8)) ASSERT_TRUE(client.write(std::string_view(&byte, 1)));
  client.write(kAskPeer);
  EXPECT_THAT(client.read_to_end(), HasSubstr("203.0.113.8"));
}

TEST(Proxy, tls_begins_right_behind_the_header) {
  const Running running({}, {}, from_loopback());
  RawClient plain(running.tls());
  ASSERT_TRUE(plain.write(proxy_header(9)));
  // A TLS server answers a record that is none with an alert; HTTP would be answered in text.
  ASSERT_TRUE(plain.write("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(Running::until(
      [&] { return running.metric("conclave_wire_handshakes_total{result=\"failed\"}") == 1; }));
}

TEST(Proxy, a_load_balancers_own_check_has_its_own_address) {
  const Running running({}, {}, from_loopback());
  EXPECT_THAT(peer_after(running, proxy_header(7, 0x20)), HasSubstr("127.0.0.1 proxied"));
}

TEST(Proxy, without_a_header_a_load_balancer_is_not_served) {
  const Running running({}, {}, from_loopback());
  EXPECT_EQ(peer_after(running, ""), "");
  EXPECT_EQ(running.metric("conclave_wire_refused_total{reason=\"proxy_header\"}"), 1);
}

TEST(Proxy, a_header_that_never_ends_is_cut) {
  const Running running({.handshake = milliseconds(200)}, {}, from_loopback());
  RawClient client(running.plain());
  client.write(proxy_header(7).substr(0, 20));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(running.metric("conclave_wire_cut_total{reason=\"timeout\"}"), 1);
}

TEST(Proxy, strangers_are_refused_by_default) {
  const Running running({}, {}, from_elsewhere(false));
  EXPECT_EQ(peer_after(running, proxy_header(7)), "");
  EXPECT_EQ(running.metric("conclave_wire_refused_total{reason=\"stranger\"}"), 1);
}

TEST(Proxy, strangers_that_are_served_cannot_name_an_address) {
  const Running running({}, {}, from_elsewhere(true));
  EXPECT_THAT(peer_after(running, proxy_header(7)), HasSubstr("400 ")) << "bytes like any other";
  EXPECT_THAT(peer_after(running, ""), HasSubstr("127.0.0.1 direct loopback"));
}

TEST(Proxy, caps_count_the_clients_and_not_the_load_balancer) {
  const Running running({.connections_per_address = 1}, {}, from_loopback());
  RawClient first(running.plain());
  first.write(proxy_header(7));
  ASSERT_TRUE(first.upgrade().starts_with("HTTP/1.1 101 "));
  RawClient second(running.plain());
  second.write(proxy_header(8));
  EXPECT_TRUE(second.upgrade().starts_with("HTTP/1.1 101 "));
  RawClient again(running.plain());
  again.write(proxy_header(7));
  EXPECT_EQ(again.read_to_end(), "");
  EXPECT_EQ(running.metric("conclave_wire_refused_total{reason=\"per_address\"}"), 1);
}

TEST(Proxy, off_it_is_off) {
  const Running running;
  EXPECT_THAT(peer_after(running, proxy_header(7)), HasSubstr("400 "));
}

ListenAddress forwarded_by(std::string_view network) {
  ListenAddress listen;
  listen.forwarded_for = network::TrustedProxies({*network::Prefix::parse(network)});
  return listen;
}

std::string forwarded(const Running& running, std::string_view lines) {
  RawClient client(running.plain());
  client.write("GET /peer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + std::string(lines) +
               "\r\n");
  return client.read_to_end();
}

TEST(Forwarded, counts_from_named_proxies_only) {
  const Running trusting({}, {}, forwarded_by("127.0.0.1"));
  EXPECT_THAT(forwarded(trusting, "x-forwarded-for: 6.6.6.6, 203.0.113.9\r\n"),
              HasSubstr("203.0.113.9 proxied"));
  EXPECT_THAT(forwarded(trusting, "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9\r\n"),
              HasSubstr("203.0.113.9 proxied"));
  EXPECT_THAT(forwarded(trusting, ""), HasSubstr("127.0.0.1 proxied"));
  const Running wary({}, {}, forwarded_by("10.0.0.1"));
  EXPECT_THAT(forwarded(wary, "X-Forwarded-For: 203.0.113.9\r\n"),
              HasSubstr("127.0.0.1 direct loopback"));
}

TEST(Forwarded, each_request_of_a_connection_has_its_own) {
  const Running running({}, {}, forwarded_by("127.0.0.1"));
  RawClient client(running.plain());
  for (const char* address : {"203.0.113.1", "203.0.113.2"}) {
    client.write("GET /peer HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: " + std::string(address) +
                 "\r\n\r\n");
    EXPECT_THAT(client.read_until(" proxied"), HasSubstr(address));
  }
}

}  // namespace
}  // namespace conclave::wire::test
