#include "runtime/ctl/change_signing.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "policies/change/proposal.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/ctl/errors.hpp"

// A server that was broken into shows one change and gives another to sign: nothing is signed.
namespace conclave::ctl {
namespace {

namespace json = boost::json;

constexpr std::string_view kBefore = "base = \"open\"\n[devices]\ncap = 2\n";
constexpr std::string_view kAfter = "base = \"open\"\n[devices]\ncap = 5\n";
constexpr std::string_view kLaxer = "base = \"open\"\n";

policy::Proposal proposal() {
  policy::Proposal out;
  out.kind = policy::kPolicyKind;
  out.change = ChangeId{11};
  out.tenant = TenantId{7};
  out.old_version = 1;
  out.old_digest = base::sha256(kBefore);
  out.new_digest = base::sha256(kAfter);
  out.effect.weakens = true;
  out.quorum = {policy::kBothSides, 2, 0};
  out.by_tenant = TenantId{7};
  out.by = UserId{9};
  out.proposed_ms = 1'700'000'000'000;
  out.expires_ms = 1'700'000'600'000;
  return out;
}

json::object shown(const policy::Proposal& of) {
  return {{"change", base::to_text(ChangeId{11})},
          {"document", base::base64url_encode(policy::encode(of))},
          {"policy", kAfter},
          {"policy_in_force", kBefore}};
}

TEST(ChangeSigning, SignsTheStatementOfWhatIsShown) {
  const auto statement = statement_of(shown(proposal()), {});
  ASSERT_TRUE(statement);
  const auto expected = policy::proposal_statement(policy::encode(proposal()));
  EXPECT_EQ(*statement, Bytes(expected.begin(), expected.end()));
  EXPECT_TRUE(statement_of(shown(proposal()), std::string(kAfter)));
}

TEST(ChangeSigning, SignsNothingThatIsNotWhatItShows) {
  struct Wrong {
    std::string_view what;
    std::function<void(policy::Proposal&, json::object&)> act;
  };
  const auto put = [](const policy::Proposal& of, json::object& it) {
    it["document"] = base::base64url_encode(policy::encode(of));
  };
  const Wrong wrongs[] = {
      {"another id", [](auto&, auto& it) { it["change"] = base::to_text(ChangeId{12}); }},
      {"another document", [](auto&, auto& it) { it["policy"] = kLaxer; }},
      {"another one in force", [](auto&, auto& it) { it["policy_in_force"] = kLaxer; }},
      {"nothing in force", [](auto&, auto& it) { it.erase("policy_in_force"); }},
      {"no document", [](auto&, auto& it) { it.erase("document"); }},
      {"no proposal", [](auto&, auto& it) { it["document"] = "AAAA"; }},
      {"a graver effect",
       [&](auto& of, auto& it) {
         of.effect.moves_trust = true;
         put(of, it);
       }},
      {"another kind",
       [&](auto& of, auto& it) {
         of.kind = "link";
         put(of, it);
       }},
      {"a document that does not read",
       [&](auto& of, auto& it) {
         it["policy"] = "[devices]\ncaps = 5\n";
         of.new_digest = base::sha256(std::string_view("[devices]\ncaps = 5\n"));
         put(of, it);
       }},
  };
  for (const Wrong& wrong : wrongs) {
    policy::Proposal of = proposal();
    json::object it = shown(of);
    wrong.act(of, it);
    const auto statement = statement_of(it, {});
    ASSERT_FALSE(statement) << wrong.what;
    EXPECT_TRUE(statement.error().is(kChangeNotSigned)) << wrong.what;
  }
}

// `policy set FILE` signs that file and no other.
TEST(ChangeSigning, SignsOnlyTheDocumentThatWasMeant) {
  EXPECT_FALSE(statement_of(shown(proposal()), std::string(kLaxer)));
}

}  // namespace
}  // namespace conclave::ctl
