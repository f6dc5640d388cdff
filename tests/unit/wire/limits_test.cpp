#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"

namespace conclave::wire::test {
namespace {

using std::chrono::milliseconds;

Server::Parts parts_on(boost::asio::io_context& io, ListenAddress address) {
  Server::Parts parts;
  parts.io = {io.get_executor()};
  parts.listen = {std::move(address)};
  return parts;
}

TEST(Listen, names_address_and_port_that_are_taken) {
  boost::asio::io_context io;
  const auto first = Server::open(parts_on(io, {.port = 0, .tls = false}));
  ASSERT_TRUE(first);
  const std::uint16_t port = (*first)->bound()[0];
  const auto second = Server::open(parts_on(io, {.port = port, .tls = false}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), "listen.address_taken");
  EXPECT_NE(second.error().detail().find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST(Listen, refuses_plain_tcp_on_an_address_that_others_reach) {
  boost::asio::io_context io;
  for (const char* address : {"0.0.0.0", "::"}) {
    const auto server = Server::open(parts_on(io, {.address = address, .port = 0, .tls = false}));
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().reason(), "listen.plain_not_loopback");
  }
}

TEST(Listen, refuses_a_name_in_place_of_an_address) {
  boost::asio::io_context io;
  const auto server = Server::open(parts_on(io, {.address = "localhost", .tls = false}));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().reason(), "listen.address_invalid");
}

TEST(Listen, says_when_tls_has_no_certificate) {
  boost::asio::io_context io;
  const auto server = Server::open(parts_on(io, {.tls = true}));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().reason(), "tls.identity");
}

TEST(Limits, refuses_connections_above_the_cap_and_keeps_the_open_ones) {
  Running running({.connections = 2});
  RawClient first(running.plain());
  ASSERT_TRUE(first.upgrade().starts_with("HTTP/1.1 101 "));
  RawClient second(running.plain());
  ASSERT_TRUE(second.upgrade().starts_with("HTTP/1.1 101 "));
  RawClient third(running.plain());
  EXPECT_EQ(third.read_to_end(), "");
  EXPECT_EQ(running.metric("conclave_wire_refused_total{reason=\"connections\"}"), 1);
  first.write(text_frame("still here"));
  const auto frame = read_frame(first);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload, "still here");
}

TEST(Limits, refuses_connections_above_the_cap_of_an_address) {
  Running running({.connections_per_address = 1});
  RawClient first(running.plain());
  ASSERT_TRUE(first.upgrade().starts_with("HTTP/1.1 101 "));
  RawClient second(running.plain());
  EXPECT_EQ(second.read_to_end(), "");
  EXPECT_EQ(running.metric("conclave_wire_refused_total{reason=\"per_address\"}"), 1);
}

TEST(Limits, refuses_new_connections_of_an_address_above_its_rate) {
  Running running({.new_connections_per_address_per_s = 3});
  std::size_t served = 0;
  for (int i = 0; i < 8; ++i) {
    RawClient client(running.plain());
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    if (client.read_to_end().starts_with("HTTP/1.1 200")) ++served;
  }
  EXPECT_GE(served, 3U);
  EXPECT_GE(running.metric("conclave_wire_refused_total{reason=\"rate\"}"), 1);
}

TEST(Limits, gives_places_back_when_connections_end) {
  Running running({.connections = 1});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Running::until([&] { return running.server().connections() == 0; }));
    RawClient client(running.plain());
    EXPECT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
  }
}

TEST(Limits, cuts_a_head_that_drips) {
  Running running({.handshake = milliseconds(200)});
  RawClient client(running.plain());
  client.write("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(running.metric("conclave_wire_cut_total{reason=\"timeout\"}"), 1);
}

TEST(Limits, cuts_a_body_that_drips) {
  Running running({.handshake = milliseconds(200)});
  RawClient client(running.plain());
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(Limits, cuts_a_handshake_that_never_begins_or_never_goes_on) {
  Running running({.handshake = milliseconds(200)});
  RawClient silent(running.tls());
  RawClient halting(running.tls());
  halting.write(std::string_view("\x16\x03\x01\x02\x00\x01", 6));
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(halting.read_to_end(), "");
  EXPECT_TRUE(Running::until([&] { return running.server().connections() == 0; }));
}

TEST(Limits, silent_peers_hold_no_place_among_the_handshakes) {
  Running running({.handshakes_at_once = 2, .handshake_threads = 1});
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<RawClient>(running.tls()));
  TlsClient client(running.tls());
  EXPECT_TRUE(client.connected());
}

TEST(Limits, counts_open_connections_and_bytes) {
  Running running;
  {
    RawClient client(running.plain());
    client.upgrade();
    client.write(text_frame("count me"));
    ASSERT_TRUE(read_frame(client));
    EXPECT_EQ(running.metric("conclave_wire_connections"), 1);
    EXPECT_EQ(running.metric("conclave_wire_websockets"), 1);
    EXPECT_EQ(running.metric("conclave_wire_messages_received_total"), 1);
    EXPECT_GT(running.metric("conclave_wire_received_bytes_total"), 100);
  }
  EXPECT_TRUE(Running::until([&] { return running.metric("conclave_wire_connections") == 0; }));
  EXPECT_TRUE(Running::until([&] { return running.metric("conclave_wire_websockets") == 0; }));
}

}  // namespace
}  // namespace conclave::wire::test
