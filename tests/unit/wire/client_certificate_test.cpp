#include "runtime/base/encoding.hpp"
#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"

// Listeners that ask clients for a certificate: which one it is makes no difference to TLS.
namespace conclave::wire::test {
namespace {

constexpr const char* kLeftOut = "conclave_wire_client_certificates_left_out_total";

class ClientCertificateTest : public ::testing::TestWithParam<int> {
 protected:
  // What the server says it was shown.
  static std::string told(RawClient& client, const std::string& more = {}) {
    client.write("GET /certificates HTTP/1.1\r\nHost: a\r\n" + more + "\r\n");
    const std::string head = client.read_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (at == head.npos) return {};
    return client.read_exactly(std::stoul(head.substr(at + 16)));
  }
  [[nodiscard]] static std::string shown(int certificates, const MemoryIdentity& identity) {
    return std::to_string(certificates) + " " + base::hex_encode(identity.identity.leaf);
  }

  Running running_;
  MemoryIdentity phone_;  // self-signed: nobody's authority stands behind it
};

TEST_P(ClientCertificateTest, nobody_has_to_have_one) {
  TlsClient client(running_.asking(), {.most = GetParam()});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(told(client), "none");
}

TEST_P(ClientCertificateTest, any_issuer_passes_and_the_door_learns_what_was_presented) {
  TlsClient client(running_.asking(), {.most = GetParam(), .identity = &phone_, .behind = 2});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(told(client), shown(3, phone_));
  EXPECT_EQ(running_.metric(kLeftOut), 0);
}

TEST_P(ClientCertificateTest, other_listeners_do_not_ask) {
  TlsClient client(running_.tls(), {.most = GetParam(), .identity = &phone_});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(told(client), "none");
}

TEST_P(ClientCertificateTest, a_chain_beyond_the_limit_counts_as_none) {
  TlsClient longest(running_.asking(), {.most = GetParam(), .identity = &phone_, .behind = 4});
  ASSERT_TRUE(longest.connected());
  EXPECT_EQ(told(longest), shown(5, phone_));
  TlsClient client(running_.asking(), {.most = GetParam(), .identity = &phone_, .behind = 5});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(told(client), "none");
  EXPECT_EQ(running_.metric(kLeftOut), 1);
}

TEST_P(ClientCertificateTest, a_flood_of_certificates_ends_the_handshake) {
  const int many = static_cast<int>(33 * 1024 / phone_.identity.leaf.size());
  TlsClient client(running_.asking(), {.most = GetParam(), .identity = &phone_, .behind = many});
  EXPECT_FALSE(client.connected() && told(client) != "");
  EXPECT_TRUE(Running::until(
      [&] { return running_.metric("conclave_wire_handshakes_total{result=\"failed\"}") == 1; }));
}

TEST_P(ClientCertificateTest, no_session_is_resumed_so_each_handshake_proves_the_key) {
  TlsClient first(running_.asking(), {.most = GetParam(), .identity = &phone_});
  ASSERT_TRUE(first.connected());
  EXPECT_EQ(told(first), shown(1, phone_));
  SSL_SESSION* session = SSL_get1_session(first.ssl());
  EXPECT_EQ(SSL_SESSION_has_ticket(session), 0);
  TlsClient second(running_.asking(), {.most = GetParam(), .session = session});
  ASSERT_TRUE(second.connected());
  EXPECT_EQ(SSL_session_reused(second.ssl()), 0);
  EXPECT_EQ(told(second), "none");
  SSL_SESSION_free(session);
}

TEST_P(ClientCertificateTest, a_ticket_of_another_listener_opens_no_session_here) {
  TlsClient first(running_.tls(), {.most = GetParam()});
  ASSERT_TRUE(first.connected());
  EXPECT_EQ(told(first), "none");  // the ticket comes along
  SSL_SESSION* session = SSL_get1_session(first.ssl());
  TlsClient second(running_.asking(),
                   {.most = GetParam(), .session = session, .identity = &phone_});
  ASSERT_TRUE(second.connected());
  EXPECT_EQ(SSL_session_reused(second.ssl()), 0);
  EXPECT_EQ(told(second), shown(1, phone_));
  SSL_SESSION_free(session);
}

TEST_P(ClientCertificateTest, the_other_side_still_has_the_same_exporter) {
  TlsClient client(running_.asking(), {.most = GetParam(), .identity = &phone_});
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
  const std::string version = GetParam() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3";
  EXPECT_EQ(running_.journal.wait_for("open "), "open " + version + " " + client.exporter());
}

TEST_P(ClientCertificateTest, a_new_server_certificate_goes_on_asking) {
  ASSERT_TRUE(running_.server().replace_identity(running_.identity.identity));
  TlsClient client(running_.asking(), {.most = GetParam(), .identity = &phone_});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(told(client), shown(1, phone_));
}

TEST_P(ClientCertificateTest, headers_prove_nothing) {
  TlsClient client(running_.asking(), {.most = GetParam()});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(told(client,
                 "X-SSL-Client-Verify: SUCCESS\r\nX-Forwarded-Client-Cert: Hash=00\r\n"
                 "Client-Cert: :AAAA:\r\n"),
            "none");
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientCertificateTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "tls_1_2" : "tls_1_3";
                         });

TEST(ProxyCertificate, what_a_proxy_presents_speaks_for_no_client) {
  ListenAddress behind;
  behind.forwarded_for =
      network::TrustedProxies::parse(std::vector<std::string>{"127.0.0.1"}).value();
  Running running({}, {}, behind);
  MemoryIdentity proxy;
  TlsClient client(running.asking(), {.identity = &proxy});
  ASSERT_TRUE(client.connected());
  client.write("GET /certificates HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_EQ(client.read_exactly(4), "none");
}

}  // namespace
}  // namespace conclave::wire::test
