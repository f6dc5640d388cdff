#include "runtime/doors/http/route.hpp"

#include <gtest/gtest.h>

#include "runtime/doors/http/errors.hpp"

namespace conclave::doors::http {
namespace {

TEST(Routes, MatchByMethodAndPath) {
  const auto routes = all_routes();
  const Match found = match(routes, "GET", "/api/v1/tenants/self/users/ann");
  ASSERT_NE(found.route, nullptr);
  EXPECT_EQ(found.route->pattern, "/api/v1/tenants/{tenant}/users/{user}");
  EXPECT_EQ(found.path, (std::vector<std::string>{"self", "ann"}));
}

TEST(Routes, TellAWrongMethodFromAnUnknownPath) {
  const auto routes = all_routes();
  EXPECT_TRUE(match(routes, "PUT", "/api/v1/tenants").other_method);
  EXPECT_FALSE(match(routes, "GET", "/api/v1/nothing").other_method);
  EXPECT_EQ(match(routes, "GET", "/api/v1/tenants//users").route, nullptr);
}

TEST(Routes, OnlySetUpAndSignInAreOpen) {
  for (const Route& route : all_routes()) {
    const bool sign_in =
        route.pattern == "/api/v1/setup" || route.pattern == "/api/v1/session/hello" ||
        route.pattern == "/api/v1/session/enrol" || route.pattern == "/api/v1/session/prove" ||
        route.pattern == "/api/v1/session/step-up";
    EXPECT_EQ(route.access == Access::open, sign_in) << route.pattern;
  }
}

TEST(Targets, AreDecoded) {
  const auto target = parse_target("/a%20b?query=J%C3%BCrgen+x&limit=5");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b");
  EXPECT_EQ(target->query.at("query"), "Jürgen x");
  EXPECT_EQ(target->query.at("limit"), "5");
}

TEST(Targets, BrokenEscapesAreRefused) {
  for (const char* bad : {"/%", "/%2", "/%zz", "/%ff", "/a?b=%", "a", ""}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(Pages, AreLimited) {
  const auto limit = [](std::string text) {
    Call call;
    call.query["limit"] = std::move(text);
    return page_limit(call);
  };
  EXPECT_EQ(limit("200"), 200U);
  EXPECT_EQ(page_limit(Call{}), 100U);
  for (const char* bad : {"0", "201", "-1", "x", "", "5x"}) EXPECT_FALSE(limit(bad)) << bad;
}

TEST(Errors, CarryReasonAndAdviceAndHideWhatBrokeInside) {
  const auto limited = error_response(Error(kTooOften).retry_after(1'500));
  EXPECT_EQ(limited.status, 429);
  EXPECT_NE(limited.body.find("\"reason\":\"flood\""), std::string::npos);
  EXPECT_NE(limited.body.find("\"retry_after_ms\":1500"), std::string::npos);
  const auto internal = error_response(Error(base::kInternal, "row 7"));
  EXPECT_EQ(internal.status, 500);
  EXPECT_EQ(internal.body.find("row 7"), std::string::npos);
}

}  // namespace
}  // namespace conclave::doors::http
