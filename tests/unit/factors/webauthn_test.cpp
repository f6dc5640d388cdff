#include "runtime/factors/webauthn.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <functional>
#include <sstream>

#include "runtime/factors/errors.hpp"
#include "tests/unit/factors/authenticator.hpp"

namespace conclave::factors {
namespace {

namespace json = boost::json;
using testing::Authenticator;

// ---- what Chromium answered (vectors/README.md)

struct Vector {
  std::string name;
  RelyingParty party;
  Bytes user_handle;
  Bytes challenge;
  Registration registration;
  Bytes credential;
  std::vector<std::pair<Bytes, Assertion>> assertions;  // with their challenges
};

Bytes bytes_at(const json::object& in, std::string_view name) {
  return base::base64url_decode(in.at(name).as_string()).value();
}

Vector vector_of(const json::object& in) {
  Vector out;
  out.name = in.at("name").as_string();
  out.party.id = in.at("rp_id").as_string();
  out.party.origins = {std::string(in.at("origin").as_string())};
  out.user_handle = bytes_at(in, "user_handle");
  const json::object& made = in.at("registration").as_object();
  out.challenge = bytes_at(made, "challenge");
  out.registration = {bytes_at(made, "client_data"), bytes_at(made, "attestation")};
  out.credential = bytes_at(made, "credential");
  for (const json::value& each : in.at("assertions").as_array()) {
    const json::object& got = each.as_object();
    Assertion assertion{bytes_at(got, "credential"),
                        bytes_at(got, "client_data"),
                        bytes_at(got, "authenticator_data"),
                        bytes_at(got, "signature"),
                        {}};
    if (got.at("user_handle").is_string()) assertion.user_handle = bytes_at(got, "user_handle");
    out.assertions.emplace_back(bytes_at(got, "challenge"), std::move(assertion));
  }
  return out;
}

const std::vector<Vector>& recorded() {
  static const std::vector<Vector> vectors = [] {
    std::ifstream file(CONCLAVE_SOURCE_DIR "/tests/unit/factors/vectors/chromium.json");
    std::stringstream text;
    text << file.rdbuf();
    std::vector<Vector> out;
    const json::value all = json::parse(text.str());
    for (const json::value& each : all.at("vectors").as_array()) {
      out.push_back(vector_of(each.as_object()));
    }
    return out;
  }();
  return vectors;
}

StoredCredential stored_of(const Registered& made) {
  return {made.credential, made.cose, made.sign_count, made.backup_eligible};
}

TEST(WebAuthnRecorded, RegistrationsAndAssertionsVerify) {
  ASSERT_EQ(recorded().size(), 8U);
  for (const Vector& vector : recorded()) {
    const auto made = verify_registration(vector.party, vector.challenge, vector.registration);
    ASSERT_TRUE(made) << vector.name << ": " << made.error().text();
    EXPECT_EQ(made->credential, vector.credential) << vector.name;
    const bool none =
        vector.name.find("none") != std::string::npos || vector.name == "es256 verified";
    EXPECT_EQ(made->attestation, none ? Attestation::none : Attestation::unattested) << vector.name;
    const bool verified = vector.name.find("verified") != std::string::npos;
    EXPECT_EQ(made->user_verified, verified) << vector.name;
    StoredCredential stored = stored_of(*made);
    ASSERT_EQ(vector.assertions.size(), 2U);
    for (const auto& [challenge, assertion] : vector.assertions) {
      const auto good =
          verify_assertion(vector.party, challenge, stored, vector.user_handle, assertion);
      ASSERT_TRUE(good) << vector.name << ": " << good.error().text();
      EXPECT_GT(good->sign_count, stored.sign_count) << vector.name;
      EXPECT_EQ(good->user_verified, verified) << vector.name;
      stored.sign_count = good->sign_count;
    }
    const auto& [challenge, first] = vector.assertions.front();
    const auto again = verify_assertion(vector.party, challenge, stored, vector.user_handle, first);
    ASSERT_FALSE(again) << vector.name;
    EXPECT_EQ(again.error().detail(), "sign_count") << vector.name;
  }
}

TEST(WebAuthnRecorded, EveryBitOfAnAssertionCounts) {
  for (const Vector& vector : recorded()) {
    const auto made = verify_registration(vector.party, vector.challenge, vector.registration);
    ASSERT_TRUE(made);
    const auto& [challenge, good] = vector.assertions.front();
    for (Bytes Assertion::*part :
         {&Assertion::client_data, &Assertion::authenticator_data, &Assertion::signature}) {
      for (std::size_t at = 0; at < (good.*part).size(); ++at) {
        Assertion bent = good;
        (bent.*part)[at] ^= 0x01;
        EXPECT_FALSE(
            verify_assertion(vector.party, challenge, stored_of(*made), vector.user_handle, bent))
            << vector.name << " byte " << at;
      }
    }
  }
}

TEST(WebAuthnRecorded, ACutAttestationIsRefusedAtEachLength) {
  for (const Vector& vector : recorded()) {
    for (std::size_t length = 0; length < vector.registration.attestation.size(); ++length) {
      Registration cut = vector.registration;
      cut.attestation.resize(length);
      const auto made = verify_registration(vector.party, vector.challenge, cut);
      ASSERT_FALSE(made) << vector.name << " " << length;
      EXPECT_TRUE(made.error().is(kWebAuthnMalformed)) << vector.name << " " << length;
    }
  }
}

// ---- answers that are bent before they are signed

const Bytes kChallenge(32, 0x5a);
const RelyingParty kParty{"chat.example", {"https://chat.example", "https://web.example"}, false};

struct Case {
  const char* name;
  std::function<void(Authenticator&)> bend;
  const ErrorSpec* error;  // null: it is taken
  const char* detail;
};

const Case kEither[] = {
    {"as it should be", [](Authenticator&) {}, nullptr, ""},
    {"the other origin", [](auto& a) { a.origin = "https://web.example"; }, nullptr, ""},
    {"user verified", [](auto& a) { a.flags = 0x05; }, nullptr, ""},
    {"extensions",
     [](auto& a) {
       a.extensions = {0xa1, 0x61, 0x78, 0xf5};
     },
     nullptr, ""},
    {"crossOrigin false", [](auto& a) { a.more_client_data = R"(,"crossOrigin":false)"; }, nullptr,
     ""},
    {"a strange member", [](auto& a) { a.more_client_data = R"(,"other":{"x":[1]})"; }, nullptr,
     ""},
    {"origin", [](auto& a) { a.origin = "https://chat.example.evil"; }, &kWebAuthnRefused,
     "origin"},
    {"origin without TLS", [](auto& a) { a.origin = "http://chat.example"; }, &kWebAuthnRefused,
     "origin"},
    {"origin with a port", [](auto& a) { a.origin = "https://chat.example:444"; },
     &kWebAuthnRefused, "origin"},
    {"cross origin", [](auto& a) { a.more_client_data = R"(,"crossOrigin":true)"; },
     &kWebAuthnRefused, "cross_origin"},
    {"cross origin as a text", [](auto& a) { a.more_client_data = R"(,"crossOrigin":"no")"; },
     &kWebAuthnMalformed, "clientDataJSON: crossOrigin"},
    {"broken JSON", [](auto& a) { a.more_client_data = ","; }, &kWebAuthnMalformed,
     "clientDataJSON"},
    {"long JSON", [](auto& a) { a.more_client_data = R"(,"x":")" + std::string(5'000, 'x') + '"'; },
     &kWebAuthnMalformed, "clientDataJSON: too long"},
    {"relying party", [](auto& a) { a.rp_id = "other.example"; }, &kWebAuthnRefused, "rp_id"},
    {"nobody there", [](auto& a) { a.flags = 0x00; }, &kWebAuthnRefused, "user_present"},
    {"verified without presence", [](auto& a) { a.flags = 0x04; }, &kWebAuthnRefused,
     "user_present"},
    {"backed up, not eligible", [](auto& a) { a.flags = 0x11; }, &kWebAuthnMalformed,
     "backed up without being eligible"},
    {"extensions that are no map", [](auto& a) { a.extensions = {0x01}; }, &kWebAuthnMalformed,
     "extensions"},
    {"bytes after the extensions",
     [](auto& a) {
       a.extensions = {0xa0, 0x00};
     },
     &kWebAuthnMalformed, "bytes after the authenticator data"},
};

const Case kRegistration[] = {
    {"type", [](auto& a) { a.create_type = "webauthn.get"; }, &kWebAuthnRefused, "type"},
    {"backup eligible", [](auto& a) { a.flags = 0x09; }, nullptr, ""},
    {"long id", [](auto& a) { a.id = Bytes(1'023, 1); }, nullptr, ""},
    {"id too long", [](auto& a) { a.id = Bytes(1'024, 1); }, &kWebAuthnMalformed, "credential id"},
    {"no id", [](auto& a) { a.id.clear(); }, &kWebAuthnMalformed, "credential id"},
    {"another algorithm", [](auto& a) { a.statement_algorithm = -7; }, &kWebAuthnRefused,
     "attestation_algorithm"},
};

const Case kAssertion[] = {
    {"type", [](auto& a) { a.get_type = "webauthn.create"; }, &kWebAuthnRefused, "type"},
    {"payment", [](auto& a) { a.get_type = "payment.get"; }, &kWebAuthnRefused, "type"},
    {"eligible on a sudden", [](auto& a) { a.flags = 0x09; }, &kWebAuthnRefused, "backup_eligible"},
    {"another credential", [](auto& a) { a.id[0] ^= 1; }, &kWebAuthnRefused, "credential"},
    {"another key",
     [](auto& a) {
       const Bytes id = a.id;
       a = Authenticator();
       a.id = id;
     },
     &kWebAuthnRefused, "signature"},
};

template <class T>
void expect(const Case& each, const Result<T>& result) {
  if (each.error == nullptr) {
    EXPECT_TRUE(result) << each.name << ": " << result.error().text();
    return;
  }
  ASSERT_FALSE(result) << each.name;
  EXPECT_TRUE(result.error().is(*each.error)) << each.name << ": " << result.error().text();
  EXPECT_EQ(result.error().detail(), each.detail) << each.name;
}

TEST(WebAuthn, ChecksEachPartOfARegistration) {
  const auto run = [](const Case& each) {
    Authenticator authenticator;
    each.bend(authenticator);
    expect(each, verify_registration(kParty, kChallenge, authenticator.create(kChallenge)));
  };
  for (const Case& each : kEither) run(each);
  for (const Case& each : kRegistration) run(each);
}

TEST(WebAuthn, ChecksEachPartOfAnAssertion) {
  const auto run = [](const Case& each) {
    Authenticator authenticator;
    const auto made = verify_registration(kParty, kChallenge, authenticator.create(kChallenge));
    ASSERT_TRUE(made);
    each.bend(authenticator);
    expect(each, verify_assertion(kParty, kChallenge, stored_of(*made), {},
                                  authenticator.get(kChallenge)));
  };
  for (const Case& each : kEither) run(each);
  for (const Case& each : kAssertion) run(each);
}

TEST(WebAuthn, SelfAttestationIsSignedByTheCredential) {
  Authenticator authenticator;
  const Registration good = authenticator.create(kChallenge);
  EXPECT_EQ(verify_registration(kParty, kChallenge, good)->attestation, Attestation::self);
  Registration bent = good;
  bent.client_data.insert(bent.client_data.begin() + 1, ' ');
  EXPECT_EQ(verify_registration(kParty, kChallenge, bent).error().detail(),
            "attestation_signature");
  authenticator.format = "none";
  EXPECT_EQ(verify_registration(kParty, kChallenge, authenticator.create(kChallenge))->attestation,
            Attestation::none);
  authenticator.format = "android-key";
  EXPECT_EQ(verify_registration(kParty, kChallenge, authenticator.create(kChallenge))->attestation,
            Attestation::unattested);
}

TEST(WebAuthn, AnswersItsOwnChallengeOnly) {
  const Authenticator authenticator;
  const Registration made = authenticator.create(kChallenge);
  for (const Bytes& other : {Bytes(32, 0x5b), Bytes(31, 0x5a), Bytes{}}) {
    EXPECT_EQ(verify_registration(kParty, other, made).error().detail(), "challenge");
  }
  EXPECT_EQ(verify_registration(kParty, {}, authenticator.create({})).error().detail(), "challenge")
      << "an empty challenge is none";
  EXPECT_EQ(claimed_challenge(made.client_data).value(), kChallenge);
}

TEST(WebAuthn, DemandsVerificationOfTheUserWhenAsked) {
  RelyingParty party = kParty;
  party.user_verification = true;
  Authenticator authenticator;
  EXPECT_EQ(
      verify_registration(party, kChallenge, authenticator.create(kChallenge)).error().detail(),
      "user_verified");
  authenticator.flags = 0x05;
  EXPECT_TRUE(verify_registration(party, kChallenge, authenticator.create(kChallenge)));
}

TEST(WebAuthn, TheCounterGrowsOrStaysZero) {
  Authenticator authenticator;
  const auto made = verify_registration(kParty, kChallenge, authenticator.create(kChallenge));
  ASSERT_TRUE(made);
  struct Step {
    std::uint32_t stored;
    std::uint32_t given;
    bool good;
  };
  for (const Step& step : {Step{0, 0, true},
                           {0, 1, true},
                           {1, 2, true},
                           {5, 5, false},
                           {5, 4, false},
                           {5, 0, false},
                           {0xfffffffe, 0xffffffff, true}}) {
    StoredCredential stored = stored_of(*made);
    stored.sign_count = step.stored;
    authenticator.sign_count = step.given;
    const auto got =
        verify_assertion(kParty, kChallenge, stored, {}, authenticator.get(kChallenge));
    EXPECT_EQ(got.has_value(), step.good) << step.stored << " " << step.given;
    if (!got) EXPECT_EQ(got.error().detail(), "sign_count");
  }
}

TEST(WebAuthn, TheUserHandleIsTheOneThatWasGivenOut) {
  const Authenticator authenticator;
  const auto made = verify_registration(kParty, kChallenge, authenticator.create(kChallenge));
  ASSERT_TRUE(made);
  Assertion assertion = authenticator.get(kChallenge);
  const auto with = [&](const Bytes& handle) {
    assertion.user_handle = handle;
    return verify_assertion(kParty, kChallenge, stored_of(*made), Bytes(16, 3), assertion);
  };
  EXPECT_TRUE(with(Bytes(16, 3)));
  EXPECT_EQ(with(Bytes(16, 4)).error().detail(), "user_handle");
  EXPECT_EQ(with({}).error().detail(), "user_handle");
}

TEST(CredentialKey, TakesThreeAlgorithmsInTheirExactForm) {
  const auto refused = [](std::string_view hex_text) {
    const auto key = parse_credential_key(base::hex_decode(hex_text).value());
    return !key && key.error().is(kWebAuthnMalformed);
  };
  const std::string zeros(64, '0');
  EXPECT_TRUE(refused("a0"));
  EXPECT_TRUE(
      refused("a501020326200121"
              "5820" +
              zeros + "225820" + zeros))
      << "not on the curve";
  EXPECT_TRUE(
      refused("a401010327200621"
              "581f" +
              zeros.substr(2)))
      << "31 bytes";
  EXPECT_TRUE(
      refused("a401010326200621"
              "5820" +
              zeros))
      << "ES256 with the form of EdDSA";
  EXPECT_TRUE(
      refused("a401030339010020"
              "4101"
              "2143010001"))
      << "8 bits of RSA";
  const Authenticator authenticator;
  EXPECT_TRUE(parse_credential_key(authenticator.cose()));
}

}  // namespace
}  // namespace conclave::factors
