#include <gtest/gtest.h>

#include <algorithm>

#include "sdk/protocol/methods.hpp"
#include "tests/unit/protocol/schema_files.hpp"

namespace conclave::sdk::protocol {
namespace {

TEST(Methods, TheTableHoldsExactlyTheSchemasMethodsInOrder) {
  std::vector<std::string> expected;
  for (const auto& method : tests::schema().methods()) expected.push_back(method.name);
  ASSERT_EQ(expected.size(), kMethodCount);
  EXPECT_TRUE(std::ranges::equal(expected, kMethodNames));
  EXPECT_EQ(std::variant_size_v<Params>, kMethodCount);
}

TEST(Methods, EachNameIsFoundAndNoOther) {
  for (std::size_t i = 0; i < kMethodCount; ++i) {
    EXPECT_EQ(find_method(kMethodNames[i]), static_cast<Method>(i));
  }
  EXPECT_FALSE(find_method("message.sen"));
  EXPECT_FALSE(find_method("message.sendd"));
  EXPECT_FALSE(find_method(""));
}

TEST(Methods, OnlySignInWorksBeforeSignIn) {
  for (const MethodInfo& method : kMethods) {
    const bool sign_in = method.name == "session.enrol" || method.name == "session.prove" ||
                         method.name == "session.resume" || method.name == "session.step_up" ||
                         method.name == "session.recover" || method.name == "order.fetch";
    EXPECT_EQ(method.sign_in == SignInNeed::before, sign_in) << method.name;
    // What a device that was shut out still needs: to learn its orders, to receipt them.
    const bool anywhere = method.name == "session.ping" || method.name == "location.present" ||
                          method.name == "order.key" || method.name == "order.receipt";
    EXPECT_EQ(method.sign_in == SignInNeed::any, anywhere) << method.name;
  }
}

TEST(Nearest, SuggestsATypoAndNothingFarAway) {
  EXPECT_EQ(nearest("message.sned", kMethodNames), "message.send");
  EXPECT_EQ(nearest("rooms.list", kMethodNames), "room.list");
  EXPECT_EQ(nearest("completely.different", kMethodNames), "");
  EXPECT_EQ(nearest(std::string(10'000, 'a'), kMethodNames), "");
}

}  // namespace
}  // namespace conclave::sdk::protocol
