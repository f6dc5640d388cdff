#include "runtime/authorities/verifier.hpp"

#include <gtest/gtest.h>

#include "runtime/authorities/errors.hpp"
#include "runtime/authorities/x509.hpp"
#include "tests/unit/authorities/minted.hpp"

namespace conclave::authorities {
namespace {

using testing::chain_of;
using testing::kDayMs;
using testing::kNowMs;
using testing::mint;
using testing::mint_list;
using testing::mint_root;
using testing::Minted;
using testing::Wanted;

Authority authority_of(const Minted& minted, const std::string& list = {}) {
  Authority out;
  out.id = AuthorityId{1};
  out.certificate = minted.der();
  if (!list.empty()) out.revocations = read_list(list, minted.certificate.get()).value();
  return out;
}

class VerifierTest : public ::testing::Test {
 protected:
  // Of one authority, `root`.
  [[nodiscard]] Verdict judge(const std::vector<const Minted*>& presented,
                              const std::string& list = {}) const {
    return judge(presented, {authority_of(root, list)});
  }
  [[nodiscard]] static Verdict judge(const std::vector<const Minted*>& presented,
                                     const std::vector<Authority>& authorities) {
    return Verifier(authorities).judge(*chain_of(presented), kNowMs).verdict;
  }
  [[nodiscard]] Verdict judge_leaf(const Wanted& wanted) const {
    const Minted leaf = mint(wanted, &root);
    return judge({&leaf});
  }
  [[nodiscard]] static Minted between(const Minted& issuer, const std::string& name = "between") {
    return mint({.name = name, .until_days = 100, .authority = true}, &issuer);
  }

  Minted root = mint_root();
};

TEST_F(VerifierTest, a_certificate_of_the_authority_is_a_proof) {
  EXPECT_EQ(judge_leaf({}), Verdict::proven);
  EXPECT_EQ(judge_leaf({.kind = "RSA-2048"}), Verdict::proven);
  EXPECT_EQ(judge_leaf({.kind = "ED25519"}), Verdict::proven);
  // RFC 5280, 4.2.1.12: without the extension the key serves all purposes.
  EXPECT_EQ(judge_leaf({.purpose = ""}), Verdict::proven);
}

TEST_F(VerifierTest, names_the_authority_that_stands_behind_it) {
  const Minted other = mint_root("other");
  Authority second = authority_of(root);
  second.id = AuthorityId{2};
  const Minted leaf = mint({}, &root);
  const auto judged =
      Verifier(std::vector{authority_of(other), second}).judge(*chain_of({&leaf}), kNowMs);
  EXPECT_EQ(judged.verdict, Verdict::proven);
  EXPECT_EQ(judged.authority, AuthorityId{2});
}

TEST_F(VerifierTest, what_stands_between_has_to_be_presented) {
  const Minted issuing = between(root);
  const Minted leaf = mint({}, &issuing);
  EXPECT_EQ(judge({&leaf, &issuing}), Verdict::proven);
  EXPECT_EQ(judge({&leaf}), Verdict::unknown_issuer);
}

TEST_F(VerifierTest, an_authority_may_be_one_below_somebodys_root) {
  const Minted issuing = between(root);
  const Minted leaf = mint({}, &issuing);
  EXPECT_EQ(judge({&leaf}, {authority_of(issuing)}), Verdict::proven);
  const Minted of_the_root = mint({}, &root);
  EXPECT_EQ(judge({&of_the_root}, {authority_of(issuing)}), Verdict::unknown_issuer);
}

TEST_F(VerifierTest, another_issuer_and_one_that_only_has_the_name_prove_nothing) {
  const Minted other = mint_root("other");
  const Minted leaf = mint({}, &other);
  EXPECT_EQ(judge({&leaf}), Verdict::unknown_issuer);
  EXPECT_EQ(judge({&leaf, &other}), Verdict::unknown_issuer);
  const Minted forged = mint_root();
  const Minted by_forger = mint({}, &forged);
  EXPECT_NE(judge({&by_forger}), Verdict::proven);
  EXPECT_NE(judge({&by_forger, &forged}), Verdict::proven);
  EXPECT_EQ(judge({&leaf}, std::vector<Authority>{}), Verdict::unknown_issuer);
}

TEST_F(VerifierTest, time_comes_from_the_clock_that_is_given) {
  EXPECT_EQ(judge_leaf({.until_days = -1}), Verdict::expired);
  EXPECT_EQ(judge_leaf({.from_days = 1}), Verdict::not_yet_valid);
  const Minted leaf = mint({.until_days = 30}, &root);
  const Verifier verifier(std::vector{authority_of(root)});
  EXPECT_EQ(verifier.judge(*chain_of({&leaf}), kNowMs + 29 * kDayMs).verdict, Verdict::proven);
  EXPECT_EQ(verifier.judge(*chain_of({&leaf}), kNowMs + 31 * kDayMs).verdict, Verdict::expired);
}

TEST_F(VerifierTest, an_expired_authority_or_one_between_proves_nothing) {
  const Minted old = mint({.name = "old", .from_days = -9, .until_days = -1, .authority = true});
  const Minted leaf = mint({}, &old);
  EXPECT_EQ(judge({&leaf}, {authority_of(old)}), Verdict::expired);
  const Minted gone = mint({.name = "gone", .until_days = -1, .authority = true}, &root);
  const Minted below = mint({}, &gone);
  EXPECT_EQ(judge({&below, &gone}), Verdict::expired);
}

TEST_F(VerifierTest, what_issues_certificates_is_nobodys_own) {
  const Minted issuing = between(root);
  EXPECT_EQ(judge({&issuing}), Verdict::is_authority);
  EXPECT_EQ(judge({&root}), Verdict::is_authority);
}

TEST_F(VerifierTest, a_certificate_for_another_use_proves_nothing) {
  EXPECT_EQ(judge_leaf({.purpose = "serverAuth"}), Verdict::not_for_clients);
  EXPECT_EQ(judge_leaf({.purpose = "emailProtection,codeSigning"}), Verdict::not_for_clients);
}

TEST_F(VerifierTest, weak_keys_and_signatures_prove_nothing) {
  EXPECT_EQ(judge_leaf({.kind = "RSA-1024"}), Verdict::weak);
  EXPECT_EQ(judge_leaf({.kind = "P-192"}), Verdict::weak);
  EXPECT_EQ(judge_leaf({.digest = "SHA1"}), Verdict::weak);
  // There is no MD5 with ECDSA.
  const Minted rsa = mint({.name = "rsa", .authority = true, .kind = "RSA-2048"});
  const Minted by_md5 = mint({.digest = "MD5"}, &rsa);
  EXPECT_EQ(judge({&by_md5}, {authority_of(rsa)}), Verdict::weak);
  const Minted weak = mint({.name = "weak", .authority = true, .kind = "RSA-1024"}, &root);
  const Minted below = mint({}, &weak);
  EXPECT_EQ(judge({&below, &weak}), Verdict::weak);
}

TEST_F(VerifierTest, a_self_signed_certificate_proves_nothing) {
  const Minted own = mint({});
  EXPECT_EQ(judge({&own}), Verdict::unknown_issuer);
  const Minted named_alike = mint({.name = "root"});
  EXPECT_NE(judge({&named_alike}), Verdict::proven);
}

TEST_F(VerifierTest, a_leaf_cannot_issue) {
  const Minted leaf = mint({.name = "ann"}, &root);
  const Minted below = mint({.name = "eve"}, &leaf);
  EXPECT_NE(judge({&below, &leaf}), Verdict::proven);
}

TEST_F(VerifierTest, a_path_that_is_too_long_proves_nothing) {
  const Minted one = between(root, "one");
  const Minted two = between(one, "two");
  const Minted three = between(two, "three");
  const Minted four = between(three, "four");
  const Minted near = mint({}, &three);
  EXPECT_EQ(judge({&near, &three, &two, &one}), Verdict::proven);
  const Minted far = mint({}, &four);
  EXPECT_NE(judge({&far, &four, &three, &two, &one}), Verdict::proven);
  const Minted last = mint({.name = "last", .authority = true, .path_length = 0}, &root);
  const Minted beyond = between(last, "beyond");
  const Minted leaf = mint({}, &beyond);
  EXPECT_EQ(judge({&leaf, &beyond, &last}), Verdict::too_long);
}

TEST_F(VerifierTest, who_is_revoked_is_out) {
  const Minted good = mint({.serial = 7}, &root);
  const Minted gone = mint({.serial = 8}, &root);
  const std::string list = mint_list(root, {.serials = {8, 9}});
  EXPECT_EQ(judge({&good}, list), Verdict::proven);
  EXPECT_EQ(judge({&gone}, list), Verdict::revoked);
}

TEST_F(VerifierTest, an_authority_revokes_what_it_issued_and_nothing_else) {
  const Minted issuing = between(root);  // serial 7
  const Minted leaf = mint({.serial = 8}, &issuing);
  EXPECT_EQ(judge({&leaf, &issuing}, mint_list(root, {.serials = {8}})), Verdict::proven);
  EXPECT_EQ(judge({&leaf, &issuing}, mint_list(root, {.serials = {7}})), Verdict::revoked);
  // One below the root that is an authority too: its list counts on the way to the root.
  const Authority second = authority_of(issuing, mint_list(issuing, {.serials = {8}}));
  EXPECT_EQ(judge({&leaf, &issuing}, {authority_of(root), second}), Verdict::revoked);
}

TEST_F(VerifierTest, a_list_out_of_date_makes_all_certificates_worthless) {
  const Minted leaf = mint({}, &root);
  EXPECT_EQ(judge({&leaf}, mint_list(root, {.from_days = -9, .until_days = -1})),
            Verdict::list_expired);
  EXPECT_EQ(judge({&leaf}, mint_list(root, {.from_days = 1, .until_days = 9})),
            Verdict::list_expired);
  const Minted gone = mint({.serial = 8}, &root);
  EXPECT_EQ(judge({&gone}, mint_list(root, {.from_days = -9, .until_days = -1, .serials = {8}})),
            Verdict::revoked);
}

TEST_F(VerifierTest, says_until_when_the_proof_holds) {
  const Minted issuing = mint({.name = "between", .until_days = 20, .authority = true}, &root);
  const Minted leaf = mint({.until_days = 30}, &issuing);
  const Minted near = mint({.until_days = 10}, &root);
  const auto until = [](const Minted* last, const Minted* before, const Authority& authority) {
    const auto chain = before == nullptr ? chain_of({last}) : chain_of({last, before});
    return Verifier(std::vector{authority}).judge(*chain, kNowMs).until_ms;
  };
  EXPECT_EQ(until(&near, nullptr, authority_of(root)), kNowMs + 10 * kDayMs);
  EXPECT_EQ(until(&leaf, &issuing, authority_of(root)), kNowMs + 20 * kDayMs);
  EXPECT_EQ(until(&near, nullptr, authority_of(root, mint_list(root, {.until_days = 7}))),
            kNowMs + 7 * kDayMs);
}

TEST_F(VerifierTest, of_several_authorities_the_one_that_came_furthest_speaks) {
  const Minted other = mint_root("other");
  const Minted leaf = mint({.until_days = -1}, &root);
  EXPECT_EQ(judge({&leaf}, {authority_of(other), authority_of(root)}), Verdict::expired);
  EXPECT_EQ(judge({&leaf}, {authority_of(root), authority_of(other)}), Verdict::expired);
}

TEST_F(VerifierTest, bytes_that_are_no_certificate_are_malformed) {
  const Verifier verifier(std::vector{authority_of(root)});
  network::CertificateChain chain;
  EXPECT_EQ(verifier.judge(chain, kNowMs).verdict, Verdict::malformed);
  chain.der = {{1, 2, 3}};
  EXPECT_EQ(verifier.judge(chain, kNowMs).verdict, Verdict::malformed);
  const Minted leaf = mint({}, &root);
  chain.der = {leaf.der()};
  chain.der.front().push_back(0);
  EXPECT_EQ(verifier.judge(chain, kNowMs).verdict, Verdict::malformed);
  chain.der = {leaf.der(), {0x30}};
  EXPECT_EQ(verifier.judge(chain, kNowMs).verdict, Verdict::malformed);
  Bytes turned = leaf.der();
  turned.back() ^= 1;  // of the signature
  chain.der = {turned};
  EXPECT_NE(verifier.judge(chain, kNowMs).verdict, Verdict::proven);
}

TEST_F(VerifierTest, leaves_out_authorities_that_cannot_be_read) {
  Authority broken;
  broken.certificate = {1, 2, 3};
  Authority half = authority_of(root);
  half.revocations = {1, 2, 3};
  const Minted leaf = mint({}, &root);
  EXPECT_EQ(judge({&leaf}, {broken}), Verdict::unknown_issuer);
  EXPECT_EQ(judge({&leaf}, {half}), Verdict::unknown_issuer);
  EXPECT_EQ(judge({&leaf}, {broken, authority_of(root)}), Verdict::proven);
}

TEST(VerdictNames, are_all_there) {
  for (int i = 0; i <= static_cast<int>(Verdict::proven); ++i) {
    EXPECT_NE(to_text(static_cast<Verdict>(i)), "unknown") << i;
  }
}

// What read_authority and read_list refuse, and with which words.
class ReadTest : public ::testing::Test {
 protected:
  static std::string why(const std::string& pem) {
    const auto read = read_authority(pem, kNowMs);
    if (read) return "taken";
    EXPECT_TRUE(read.error().is(kAuthorityInvalid));
    return read.error().detail();
  }
  [[nodiscard]] std::string why_list(const std::string& pem) const {
    const auto read = read_list(pem, root.certificate.get());
    if (read) return "taken";
    EXPECT_TRUE(read.error().is(kAuthorityInvalid));
    return read.error().detail();
  }
  Minted root = mint_root();
};

TEST_F(ReadTest, takes_one_authority_with_whatever_text_around_it) {
  EXPECT_EQ(why(root.pem()), "taken");
  EXPECT_EQ(why("subject=root\n" + root.pem() + "\nend\n"), "taken");
  EXPECT_EQ(read_authority(root.pem(), kNowMs).value(), root.der());
  const Minted rsa = mint({.name = "rsa", .authority = true, .kind = "RSA-2048"});
  EXPECT_EQ(why(rsa.pem()), "taken");
}

TEST_F(ReadTest, tells_what_is_wrong) {
  EXPECT_NE(why("").find("found 0"), std::string::npos);
  EXPECT_NE(why("hello").find("found 0"), std::string::npos);
  EXPECT_NE(why(root.pem() + root.pem()).find("found 2"), std::string::npos);
  EXPECT_NE(why(root.pem() + root.key_pem()).find("private key"), std::string::npos);
  EXPECT_NE(why(std::string(kMostPemBytes + 1, 'x')).find("8192 bytes"), std::string::npos);
  EXPECT_NE(
      why("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").find("cannot be read"),
      std::string::npos);
  EXPECT_NE(why("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"
                "AAAA\n-----END CERTIFICATE-----\n")
                .find("cannot be read"),
            std::string::npos);
  EXPECT_NE(why(mint({}).pem()).find("CA:TRUE"), std::string::npos);
  EXPECT_NE(why(mint({.authority = true, .kind = "RSA-1024"}).pem()).find("1024 bits"),
            std::string::npos);
  EXPECT_NE(why(mint({.authority = true, .digest = "SHA1"}).pem()).find("SHA-1"),
            std::string::npos);
  EXPECT_NE(why(mint({.until_days = -1, .authority = true}).pem()).find("expired"),
            std::string::npos);
}

TEST_F(ReadTest, takes_the_authoritys_own_full_list_only) {
  EXPECT_EQ(why_list(mint_list(root, {.serials = {1}})), "taken");
  const Minted other = mint_root("other");
  EXPECT_NE(why_list(mint_list(other, {})).find("another authority's"), std::string::npos);
  const Minted forged = mint_root();
  EXPECT_NE(why_list(mint_list(forged, {})).find("not signed"), std::string::npos);
  EXPECT_NE(why_list(mint_list(root, {.delta = true})).find("delta"), std::string::npos);
  EXPECT_NE(why_list(root.pem()).find("found 0"), std::string::npos);
  EXPECT_NE(why_list(std::string(kMostListPemBytes + 1, 'x')).find("bytes"), std::string::npos);
}

TEST_F(ReadTest, reads_what_a_client_would_present) {
  const Minted leaf = mint({}, &root);
  const auto chain = read_chain(leaf.pem() + root.pem());
  ASSERT_TRUE(chain);
  ASSERT_EQ((*chain)->der.size(), 2U);
  EXPECT_EQ((*chain)->der.front(), leaf.der());
  EXPECT_FALSE(read_chain("nothing"));
  EXPECT_FALSE(read_chain(leaf.pem() + leaf.key_pem()));
  std::string many;
  for (int i = 0; i < 6; ++i) many += leaf.pem();
  EXPECT_FALSE(read_chain(many));
}

TEST_F(ReadTest, describes_certificates_for_people) {
  EXPECT_EQ(subject_of(root.certificate.get()), "CN=root");
  EXPECT_EQ(serial_of(root.certificate.get()), "07");
  EXPECT_EQ(ms_of(X509_get0_notAfter(root.certificate.get())), kNowMs + 1'000 * kDayMs);
  const Minted long_name = mint({.name = "организация"});
  EXPECT_EQ(subject_of(long_name.certificate.get()), "CN=организация");
}

}  // namespace
}  // namespace conclave::authorities
