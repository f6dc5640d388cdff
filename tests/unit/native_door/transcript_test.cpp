#include <gtest/gtest.h>
#include <sodium.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/base/encoding.hpp"
#include "runtime/identity/transcript.hpp"

// The worked example of docs/protocol.md, "Signing in": what client developers check against.
namespace conclave::tests {
namespace {

Bytes count_from(std::uint8_t first, std::size_t length) {
  Bytes out(length);
  for (std::uint8_t& byte : out) byte = first++;
  return out;
}

struct Example {
  std::string purpose;
  std::string device;
  identity::BindingValue binding;
  std::string digest;
  std::string signature;
};

class WorkedExample : public ::testing::TestWithParam<Example> {};

TEST_P(WorkedExample, DigestAndSignatureAreAsDocumented) {
  Bytes public_key(crypto_sign_PUBLICKEYBYTES);
  Bytes secret_key(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(public_key.data(), secret_key.data(), count_from(0x60, 32).data());
  const Bytes nonce_s = count_from(0x00, 32);
  const Bytes nonce_c = count_from(0x20, 32);
  const base::Sha256 digest = identity::digest({GetParam().purpose,
                                                "example.org",
                                                "ada@example.org",
                                                GetParam().device,
                                                {hsm::api::SignatureAlgorithm::ed25519, public_key},
                                                nonce_s,
                                                nonce_c,
                                                GetParam().binding});
  EXPECT_EQ(base::hex_encode(digest), GetParam().digest);
  Bytes signature(crypto_sign_BYTES);
  crypto_sign_detached(signature.data(), nullptr, digest.data(), digest.size(), secret_key.data());
  EXPECT_EQ(base::base64url_encode(signature), GetParam().signature);

  std::ifstream file(std::filesystem::path(CONCLAVE_SOURCE_DIR) / "docs/protocol.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_NE(page.str().find(GetParam().digest), std::string::npos);
  EXPECT_NE(page.str().find(GetParam().signature), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Protocol, WorkedExample,
    ::testing::Values(Example{"enrol",
                              "",
                              {"loopback", {}},
                              "60076b5096a891dcba988b22398fa3e48fb9c7f9ad9d5804bcb78ed31094580a",
                              "WvZRouaDkpTqB5L7-2FV-CROykD0IDRBSQcMCE-"
                              "NHf1Pfj4BAzyEKGjFeFKHHbz9y7ysslCWDxsq_FYpMl15Ag"},
                      Example{"prove",
                              "d_0000000000003",
                              {"tls-exporter", count_from(0x40, 32)},
                              "59d5b671414162509b8f0c165710babfa6f75316d6f3ef5ba486d3014c751244",
                              "VDvupMuDUXivDtWQrz_lK9jQI-3oA9YqQdEi9JX9TluH4mt6_"
                              "QguJmbL6lSgBG9BjXbwLxCRL9FU1rFPKSOyBQ"}),
    [](const auto& each) { return each.param.purpose; });

}  // namespace
}  // namespace conclave::tests
