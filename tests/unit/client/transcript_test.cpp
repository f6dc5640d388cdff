#include "sdk/client/transcript.hpp"

#include <gmock/gmock.h>

#include "runtime/base/encoding.hpp"

namespace conclave::client {
namespace {

base::Sha256 sample(std::string_view account, const Binding& binding) {
  static const Bytes key(65, 4);
  static const Bytes server(32, 1);
  static const Bytes client(32, 2);
  return digest({"prove", account, "d_0000000000003", "ES256", key, server, client, binding});
}

// The same bytes, written out field by field: what a client in another language must sign.
TEST(Transcript, IsTheLengthPrefixedListOfTheKeysContract) {
  base::ByteWriter bytes;
  for (const std::string_view field : {"conclave/auth/1", "prove", "example.org", "",
                                       "ada@example.org", "d_0000000000003", "ES256"}) {
    bytes.run(field);
  }
  bytes.run(Bytes(65, 4)).run(Bytes(32, 1)).run(Bytes(32, 2)).run("tls-exporter").run(Bytes(32, 9));
  EXPECT_EQ(sample("ada@example.org", {"tls-exporter", Bytes(32, 9)}), base::sha256(bytes.bytes()));
}

TEST(Transcript, IsTiedToAccountAndConnection) {
  const auto here = sample("ada@example.org", {"tls-exporter", Bytes(32, 9)});
  EXPECT_NE(here, sample("ada@example.org", {"tls-exporter", Bytes(32, 8)}));
  EXPECT_NE(here, sample("ada@example.org", {"loopback", {}}));
  EXPECT_NE(here, sample("bob@example.org", {"tls-exporter", Bytes(32, 9)}));
}

TEST(Transcript, AccountsAreComparedInLowerCase) {
  EXPECT_EQ(folded("Ada@Example.ORG"), "ada@example.org");
  EXPECT_EQ(domain_of("ada@example.org"), "example.org");
  EXPECT_EQ(domain_of("nobody"), "");
}

}  // namespace
}  // namespace conclave::client
