#include <openssl/ssl.h>

#include "hsm/tls/private_key.hpp"
#include "tests/unit/hsm/keyd_environment.hpp"

namespace conclave::hsm {
namespace {

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SessionDeleter {
  void operator()(SSL* session) const { SSL_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;
using Session = std::unique_ptr<SSL, SessionDeleter>;

X509* parsed(const Bytes& der) {
  const auto* data = der.data();
  return d2i_X509(nullptr, &data, static_cast<long>(der.size()));
}

class TlsKey : public KeydTest {
 protected:
  void SetUp() override {
    KeydTest::SetUp();
    const auto published = testing::await<api::PublicKey>(
        [&](auto done) { keys().public_key(api::PublicKeyKind::tls, std::move(done)); });
    ASSERT_TRUE(published);
    auto made = tls::make_tls_key(keys(), *published, std::chrono::seconds(3));
    ASSERT_TRUE(made) << made.error().text();
    key = std::move(*made);
    const auto issued = testing::await<api::IssuedCertificate>([&](auto done) {
      keys().issue_certificate({"tls-server", published->spki, {"localhost"}, {}}, std::move(done));
    });
    ASSERT_TRUE(issued) << issued.error().text();
    server.reset(SSL_CTX_new(TLS_server_method()));
    client.reset(SSL_CTX_new(TLS_client_method()));
    X509* leaf = parsed(issued->leaf);
    ASSERT_EQ(SSL_CTX_use_certificate(server.get(), leaf), 1);
    X509_free(leaf);
    SSL_CTX_add0_chain_cert(server.get(), parsed(issued->chain[0]));
    X509* root = parsed(issued->chain[1]);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client.get()), root);
    X509_free(root);
    ASSERT_EQ(SSL_CTX_use_PrivateKey(server.get(), key.get()), 1);
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  }

  // Both ends in this thread, over memory; true when both are through.
  bool handshake(int version) {
    const Session accepting(SSL_new(server.get()));
    const Session connecting(SSL_new(client.get()));
    SSL_set_max_proto_version(connecting.get(), version);
    SSL_set1_host(connecting.get(), "localhost");
    BIO* left = nullptr;
    BIO* right = nullptr;
    BIO_new_bio_pair(&left, 0, &right, 0);
    SSL_set_bio(accepting.get(), left, left);
    SSL_set_bio(connecting.get(), right, right);
    SSL_set_accept_state(accepting.get());
    SSL_set_connect_state(connecting.get());
    for (int i = 0; i < 20; ++i) {
      const int there = SSL_do_handshake(connecting.get());
      const int here = SSL_do_handshake(accepting.get());
      if (there == 1 && here == 1) return SSL_get_verify_result(connecting.get()) == X509_V_OK;
    }
    return false;
  }

  tls::PrivateKey key;
  Context server;
  Context client;
};

TEST_F(TlsKey, belongs_to_the_issued_certificate) {
  EXPECT_EQ(SSL_CTX_check_private_key(server.get()), 1);
}

TEST_F(TlsKey, carries_handshakes_of_both_versions) {
  EXPECT_TRUE(handshake(TLS1_3_VERSION));
  EXPECT_TRUE(handshake(TLS1_2_VERSION));
}

TEST_F(TlsKey, a_handshake_fails_while_keyd_is_away_and_works_again_afterwards) {
  keyd.kill();
  EXPECT_FALSE(handshake(TLS1_3_VERSION));
  keyd.start();
  ASSERT_TRUE(keyd.ready());
  EXPECT_TRUE(handshake(TLS1_3_VERSION));
}

TEST_F(TlsKey, another_curve_or_rubbish_is_refused) {
  const auto sign = [](ByteView) -> Result<Bytes> { return Bytes{}; };
  EXPECT_FALSE(tls::make_private_key(Bytes(91, 1), sign));
  EXPECT_FALSE(tls::make_private_key({}, sign));
}

}  // namespace
}  // namespace conclave::hsm
