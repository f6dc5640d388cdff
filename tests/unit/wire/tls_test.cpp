#include <future>

#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"

namespace conclave::wire::test {
namespace {

class TlsTest : public ::testing::Test {
 protected:
  void expect_session(TlsClient& client, const std::string& version) {
    ASSERT_TRUE(client.connected());
    ASSERT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(running_.journal.wait_for("open "), "open " + version + " " + client.exporter());
  }
  Running running_;
};

TEST_F(TlsTest, both_sides_have_the_same_exporter_with_1_3) {
  TlsClient client(running_.tls());
  expect_session(client, "TLSv1.3");
}

TEST_F(TlsTest, both_sides_have_the_same_exporter_with_1_2) {
  TlsClient client(running_.tls(), {.most = TLS1_2_VERSION});
  expect_session(client, "TLSv1.2");
}

TEST_F(TlsTest, gives_no_binding_to_1_2_without_extended_master_secret) {
  TlsClient client(running_.tls(),
                   {.most = TLS1_2_VERSION, .switched_off = SSL_OP_NO_EXTENDED_MASTER_SECRET});
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(running_.journal.wait_for("open "), "open TLSv1.2 ");
}

TEST_F(TlsTest, refuses_versions_below_1_2) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsClient client(running_.tls(), {.least = version, .most = version});
    EXPECT_FALSE(client.connected()) << version;
  }
  EXPECT_TRUE(Running::until(
      [&] { return running_.metric("conclave_wire_handshakes_total{result=\"failed\"}") == 2; }));
}

TEST_F(TlsTest, refuses_1_2_ciphers_without_forward_secrecy_or_aead) {
  for (const char* cipher :
       {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA",
        "DHE-RSA-AES128-GCM-SHA256", "AECDH-AES256-SHA", "ECDHE-ECDSA-NULL-SHA"}) {
    TlsClient client(running_.tls(), {.most = TLS1_2_VERSION, .ciphers12 = cipher});
    EXPECT_FALSE(client.connected()) << cipher;
  }
  for (const char* cipher : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    TlsClient client(running_.tls(), {.most = TLS1_2_VERSION, .ciphers12 = cipher});
    EXPECT_TRUE(client.connected()) << cipher;
  }
}

TEST_F(TlsTest, renegotiates_never) {
  TlsClient client(running_.tls(), {.most = TLS1_2_VERSION});
  ASSERT_TRUE(client.connected());
  SSL_renegotiate(client.ssl());
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST_F(TlsTest, takes_no_early_data_and_resumes_with_a_ticket) {
  TlsClient first(running_.tls());
  ASSERT_TRUE(first.connected());
  first.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  first.read_until("\r\n\r\n");  // the ticket comes along
  SSL_SESSION* session = SSL_get1_session(first.ssl());
  EXPECT_EQ(SSL_SESSION_get_max_early_data(session), 0U);
  const std::string exporter = first.exporter();
  TlsClient second(running_.tls(), {.session = session});
  SSL_SESSION_free(session);
  ASSERT_TRUE(second.connected());
  EXPECT_EQ(SSL_session_reused(second.ssl()), 1);
  EXPECT_NE(second.exporter(), exporter);
  EXPECT_TRUE(Running::until(
      [&] { return running_.metric("conclave_wire_handshakes_total{result=\"resumed\"}") == 1; }));
}

TEST_F(TlsTest, chooses_http_1_1_among_offered_protocols_and_goes_on_without) {
  TlsClient browser(running_.tls(), {.alpn = "\x02h2\x08http/1.1"});
  ASSERT_TRUE(browser.connected());
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(browser.ssl(), &chosen, &length);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(chosen), length), "http/1.1");
  TlsClient odd(running_.tls(), {.alpn = "\x02h2"});
  EXPECT_TRUE(odd.connected());
}

TEST_F(TlsTest, carries_large_messages_and_bursts_both_ways) {
  TlsClient client(running_.tls());
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
  const std::string text(60'000, 'y');
  for (int i = 0; i < 5; ++i) {
    client.write(text_frame(text));
    const auto frame = read_frame(client);
    ASSERT_TRUE(frame);
    EXPECT_TRUE(frame->payload == text);
  }
  client.write(text_frame("burst 200"));
  for (int i = 0; i < 200; ++i) {
    const auto frame = read_frame(client);
    ASSERT_TRUE(frame);
    EXPECT_TRUE(frame->payload == std::string(1024, 'b'));
  }
}

TEST_F(TlsTest, ends_the_stream_with_close_notify_after_the_close_frame) {
  TlsClient client(running_.tls());
  ASSERT_TRUE(client.connected());
  client.upgrade();
  client.write(Frame{.opcode = 8, .payload = "\x03\xe8"}.encoded());
  EXPECT_EQ(read_close_code(client), 1000U);
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsTest, refuses_an_identity_that_does_not_fit_the_key_and_keeps_the_old_one) {
  const MemoryIdentity other;
  const auto replaced = running_.server().replace_identity(other.identity);
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().reason(), "tls.identity");
  TlsIdentity garbage;
  garbage.leaf = {1, 2, 3};
  EXPECT_FALSE(running_.server().replace_identity(garbage));
  TlsClient client(running_.tls());
  EXPECT_TRUE(client.connected());
}

TEST(TlsSigner, signs_through_the_seam_of_the_token) {
  const Running* server = nullptr;
  std::atomic<int> signatures = 0;
  Running running({}, [&](ByteView digest) {
    ++signatures;
    return server->identity.sign(digest);
  });
  server = &running;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(running.tls(), {.least = version, .most = version});
    EXPECT_TRUE(client.connected());
  }
  EXPECT_EQ(signatures, 2);
}

TEST(TlsSigner, a_slow_token_holds_up_handshakes_but_no_open_connection) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::promise<void> signing;
  Running running({}, [&](ByteView) -> Result<Bytes> {
    signing.set_value();
    released.wait();
    return fail(base::kTimeout);
  });
  RawClient open(running.plain());
  ASSERT_TRUE(open.upgrade().starts_with("HTTP/1.1 101 "));
  std::thread waiting([&] { EXPECT_FALSE(TlsClient(running.tls()).connected()); });
  signing.get_future().wait();
  open.write(text_frame("still served"));
  const auto frame = read_frame(open);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload, "still served");
  release.set_value();
  waiting.join();
}

TEST(TlsSigner, refuses_new_handshakes_when_too_many_wait_for_the_token) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  Running running({.handshakes_at_once = 2, .handshake_threads = 1},
                  [&](ByteView) -> Result<Bytes> {
                    released.wait();
                    return fail(base::kTimeout);
                  });
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] { EXPECT_FALSE(TlsClient(running.tls()).connected()); });
  }
  EXPECT_TRUE(Running::until(
      [&] { return running.metric("conclave_wire_refused_total{reason=\"handshakes\"}") >= 5; }));
  release.set_value();
  for (auto& client : clients) client.join();
}

TEST_F(TlsTest, speaks_plain_http_to_nobody_on_its_port) {
  RawClient client(running_.tls());
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_to_end().find("HTTP/1.1"), std::string::npos);
}

}  // namespace
}  // namespace conclave::wire::test
