#include "sdk/client/calls.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <optional>

#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

namespace json = boost::json;
using Outcome = std::optional<Result<json::object>>;

Calls::Answer into(Outcome& outcome) {
  return [&outcome](Result<json::object> result) { outcome = std::move(result); };
}

json::object parsed(std::string_view text) {
  return json::parse(text).as_object();
}

TEST(Calls, GivesEachAnswerToWhoAsked) {
  Calls calls;
  Outcome first;
  Outcome second;
  const auto one = parsed(calls.begin("session.ping", {}, 100, into(first)));
  const auto two = parsed(calls.begin("user.me", {{"a", 1}}, 100, into(second)));
  EXPECT_EQ(two.at("method"), "user.me");
  EXPECT_EQ(two.at("params").at("a"), 1);
  EXPECT_TRUE(calls.answered({{"jsonrpc", "2.0"}, {"id", two.at("id")}, {"result", {{"x", 2}}}}));
  EXPECT_FALSE(first.has_value());
  ASSERT_TRUE(second.has_value() && second->has_value());
  EXPECT_EQ((*second)->at("x"), 2);
  EXPECT_TRUE(calls.answered({{"id", one.at("id")}, {"result", json::object()}}));
  EXPECT_TRUE(first.has_value());
  EXPECT_TRUE(calls.idle());
}

TEST(Calls, KeepsReasonAdviceAndWhenToComeBack) {
  Calls calls;
  Outcome outcome;
  const auto frame = parsed(calls.begin("message.send", {}, 100, into(outcome)));
  json::object answer =
      parsed(R"({"error":{"code":-32029,"message":"flood","data":{"reason":"flood",
      "advice":"Wait.","detail":"user","path":"/text","retry_after_ms":250}}})");
  answer["id"] = frame.at("id");
  EXPECT_TRUE(calls.answered(answer));
  ASSERT_TRUE(outcome.has_value() && !outcome->has_value());
  const Error& error = outcome->error();
  EXPECT_EQ(error.reason(), "flood");
  EXPECT_EQ(error.kind(), ErrorKind::limited);
  EXPECT_EQ(error.spec().advice, "Wait.");
  EXPECT_EQ(error.detail(), "/text: user");
  EXPECT_EQ(error.retry_after_ms(), 250);
}

TEST(Calls, AnAnswerThatComesTooLateIsDropped) {
  Calls calls;
  Outcome outcome;
  const auto frame = parsed(calls.begin("session.ping", {}, 100, into(outcome)));
  calls.expire(99);
  EXPECT_FALSE(outcome.has_value());
  calls.expire(100);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->error().is(kCallTimeout));
  EXPECT_TRUE(calls.answered({{"id", frame.at("id")}, {"result", json::object()}}));
}

TEST(Calls, ALostConnectionFailsWhatWaitsButNotWhatIsAskedBecauseOfIt) {
  Calls calls;
  Outcome again;
  Outcome outcome;
  (void)calls.begin("session.ping", {}, 100, [&](Result<json::object> result) {
    outcome = std::move(result);
    (void)calls.begin("session.ping", {}, 100, into(again));
  });
  calls.fail_all(Error(kConnectionLost));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->error().is(kConnectionLost));
  EXPECT_FALSE(again.has_value());
  EXPECT_FALSE(calls.idle());
}

TEST(Calls, RefusesWhatIsNoAnswer) {
  Calls calls;
  EXPECT_FALSE(calls.answered({{"id", "text"}, {"result", json::object()}}));
  EXPECT_FALSE(calls.answered({{"id", 1}}));
  EXPECT_FALSE(calls.answered({{"id", 1}, {"result", 3}}));
}

TEST(Calls, HostileServersCannotFillTheMemoryWithReasons) {
  for (int i = 0; i < 2'000; ++i) {
    const auto error = server_error(-32004, "made.up." + std::to_string(i), "advice", {}, 0);
    EXPECT_FALSE(error.reason().empty());
  }
  EXPECT_TRUE(server_error(-32004, "one.more", "advice", {}, 0).is(kRefusedReason));
}

}  // namespace
}  // namespace conclave::client
