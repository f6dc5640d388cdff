#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tests/unit/hsm/keyd_environment.hpp"

namespace conclave::hsm {
namespace {

class Certificates : public KeydTest {
 protected:
  Result<api::IssuedCertificate> issue(api::CertificateRequest request) {
    return testing::await<api::IssuedCertificate>(
        [&](auto done) { keys().issue_certificate(std::move(request), std::move(done)); });
  }
  api::PublicKey published(api::PublicKeyKind kind) {
    const auto key = testing::await<api::PublicKey>(
        [&](auto done) { keys().public_key(kind, std::move(done)); });
    EXPECT_TRUE(key);
    return key.value_or(api::PublicKey{});
  }
  api::CertificateRequest request() {
    return {"tls-server",
            published(api::PublicKeyKind::tls).spki,
            {"localhost", "chat.example"},
            {"127.0.0.1", "::1"}};
  }
};

X509* parsed(const Bytes& der) {
  const auto* data = der.data();
  return d2i_X509(nullptr, &data, static_cast<long>(der.size()));
}

TEST_F(Certificates, a_server_certificate_verifies_up_to_the_root_and_for_its_names) {
  const auto issued = issue(request());
  ASSERT_TRUE(issued) << issued.error().text();
  ASSERT_EQ(issued->chain.size(), 2U);
  X509* leaf = parsed(issued->leaf);
  X509* issuing = parsed(issued->chain[0]);
  X509* root = parsed(issued->chain[1]);
  ASSERT_TRUE(leaf != nullptr && issuing != nullptr && root != nullptr);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, root);
  STACK_OF(X509)* between = sk_X509_new_null();
  sk_X509_push(between, issuing);
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf, between);
  X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
  EXPECT_EQ(X509_verify_cert(context), 1)
      << X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
  EXPECT_EQ(X509_check_host(leaf, "chat.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(leaf, "other.example", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf, "::1", 0), 1);
  X509_STORE_CTX_free(context);
  sk_X509_free(between);
  X509_STORE_free(store);
  X509_free(leaf);
  X509_free(issuing);
  X509_free(root);
}

TEST_F(Certificates, only_the_tokens_own_tls_key_gets_one) {
  auto other = request();
  other.spki = published(api::PublicKeyKind::access).spki;
  EXPECT_EQ(reason_of(issue(other)), api::kKeyRequestRefused.reason);
}

TEST_F(Certificates, other_profiles_and_names_that_are_none_are_refused) {
  auto profile = request();
  profile.profile = "ca";
  EXPECT_EQ(reason_of(issue(profile)), api::kKeyRequestRefused.reason);
  for (const auto* name : {"", "a,DNS:evil.example", "UPPER.example", "a..b", "-a", "a b"}) {
    auto wrong = request();
    wrong.dns_names = {name};
    EXPECT_EQ(reason_of(issue(wrong)), api::kKeyRequestRefused.reason) << name;
  }
  auto address = request();
  address.ip_addresses = {"1.2.3.4,DNS:evil"};
  EXPECT_EQ(reason_of(issue(address)), api::kKeyRequestRefused.reason);
  auto none = request();
  none.dns_names.clear();
  none.ip_addresses.clear();
  EXPECT_EQ(reason_of(issue(none)), api::kKeyRequestRefused.reason);
}

}  // namespace
}  // namespace conclave::hsm
