#include <gtest/gtest.h>

#include <set>
#include <string>

#include "policies/defaults/defaults.hpp"
#include "policies/document/words.hpp"
#include "runtime/config/schema.hpp"
#include "runtime/identity/model.hpp"

// Words that two folders write down because neither may know the other.
namespace conclave::rules {
namespace {

// A policy's role at some place of its list is identity's role of that number: facts are made so.
TEST(Names, RolesOfPoliciesAreTheRolesOfAccounts) {
  const policy::WordList words = policy::words(policy::Role{});
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_EQ(words[i], identity::to_text(static_cast<identity::Role>(i))) << i;
    const auto parsed = identity::parse_role(words[i]);
    ASSERT_TRUE(parsed) << words[i];
    EXPECT_EQ(static_cast<std::size_t>(*parsed), i);
  }
  EXPECT_EQ(identity::role_names(identity::RoleSet::from_bits(~0U)).size(), words.size());
}

TEST(Names, TheConfigurationOffersExactlyTheShippedPolicies) {
  std::set<std::string_view> offered;
  for (const auto& key : config::keys()) {
    if (key.name != "policy.default") continue;
    const auto& allowed = std::get<schema::TextRule>(key.rule).allowed;
    offered.insert(allowed.begin(), allowed.end());
  }
  std::set<std::string_view> shipped;
  for (const auto& each : policy::shipped()) shipped.insert(each.name);
  EXPECT_EQ(offered, shipped);
  EXPECT_FALSE(shipped.empty());
}

}  // namespace
}  // namespace conclave::rules
