#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "runtime/doors/native/envelope.hpp"
#include "runtime/doors/native/errors.hpp"
#include "runtime/doors/native/json_text.hpp"

namespace conclave::doors::native {
namespace {

namespace json = boost::json;

Refusal refusal_of(std::string_view text) {
  auto parsed = parse_request(text);
  EXPECT_FALSE(parsed) << text;
  return parsed ? Refusal{"", Error(kParse), ""} : parsed.error();
}

TEST(Envelope, TakesARequestWithANumberOrATextAsId) {
  const auto number =
      parse_request(R"({"jsonrpc":"2.0","id":7,"method":"session.ping","params":{}})");
  ASSERT_TRUE(number);
  EXPECT_EQ(number->id, "7");
  EXPECT_EQ(number->method, sdk::protocol::Method::session_ping);
  const auto text = parse_request(R"({"method":"session.ping","id":"a\"b","jsonrpc":"2.0"})");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->id, R"("a\"b")");
}

TEST(Envelope, RefusesWhatIsNoRequestAndSaysWhatItIs) {
  EXPECT_EQ(refusal_of("{").error.reason(), "parse");
  for (const char* text : {R"([])", R"([{"jsonrpc":"2.0","id":1,"method":"session.ping"}])", R"(7)",
                           R"({"jsonrpc":"2.0","method":"session.ping"})",
                           R"({"jsonrpc":"2.0","id":null,"method":"session.ping"})",
                           R"({"jsonrpc":"2.0","id":1.5,"method":"session.ping"})",
                           R"({"jsonrpc":"1.0","id":1,"method":"session.ping"})",
                           R"({"id":1,"method":"session.ping"})", R"({"jsonrpc":"2.0","id":1})",
                           R"({"jsonrpc":"2.0","id":1,"method":7})",
                           R"({"jsonrpc":"2.0","id":1,"method":"session.ping","params":[]})",
                           R"({"jsonrpc":"2.0","id":1,"method":"session.ping","extra":1})"}) {
    EXPECT_EQ(refusal_of(text).error.reason(), "request.invalid") << text;
  }
  const std::string long_id(65, 'x');
  EXPECT_EQ(refusal_of(R"({"jsonrpc":"2.0","id":")" + long_id + R"(","method":"session.ping"})").id,
            "null");
}

TEST(Envelope, AnUnknownMethodGetsTheNearestName) {
  const Refusal refusal = refusal_of(R"({"jsonrpc":"2.0","id":1,"method":"mesage.send"})");
  EXPECT_EQ(refusal.error.reason(), "method.unknown");
  EXPECT_EQ(refusal.error.detail(), "did you mean message.send?");
}

TEST(Envelope, AWrongParameterIsNamedByItsPath) {
  const Refusal refusal =
      refusal_of(R"({"jsonrpc":"2.0","id":1,"method":"room.get","params":{"room":"r_1"}})");
  EXPECT_EQ(refusal.error.reason(), "params.invalid");
  EXPECT_EQ(refusal.path, "/room");
  EXPECT_EQ(refusal.id, "1");
}

TEST(ErrorFrame, CarriesReasonAdvicePathAndWhenToComeBack) {
  const std::string frame = error_frame("7", Error(kFlood, "too fast").retry_after(250), "/room");
  const json::object error = json::parse(frame).as_object().at("error").as_object();
  EXPECT_EQ(error.at("code"), -32029);
  const json::object data = error.at("data").as_object();
  EXPECT_EQ(data.at("reason"), "flood");
  EXPECT_EQ(data.at("retry_after_ms"), 250);
  EXPECT_EQ(data.at("path"), "/room");
  EXPECT_EQ(data.at("detail"), "too fast");
}

TEST(ErrorFrame, HidesTheDetailOfADefect) {
  const std::string frame = error_frame("7", Error(base::kInternal, "/secret/place.cpp"));
  EXPECT_EQ(frame.find("secret"), std::string::npos);
}

TEST(ErrorFrame, HasTheCodeOfItsKind) {
  EXPECT_EQ(error_code(Error(kParse)), -32700);
  EXPECT_EQ(error_code(Error(kRequestInvalid)), -32600);
  EXPECT_EQ(error_code(Error(kMethodUnknown)), -32601);
  EXPECT_EQ(error_code(Error(kParamsInvalid)), -32602);
  EXPECT_EQ(error_code(Error(kSignInRequired)), -32001);
  EXPECT_EQ(error_code(Error(kSignInDone)), -32009);
  EXPECT_EQ(error_code(Error(kServerBusy)), -32050);
  EXPECT_EQ(error_code(Error(base::kInternal)), -32603);
}

TEST(JsonText, WritesWhatAParserReadsBack) {
  const std::string hard = "a\"b\\c\n\t\r\x01\xf0\x9f\x99\x82";
  JsonText json;
  json.open().field("text", hard).field("n", -5).field("yes", true).open_list("ids");
  json.item(RoomId{1}).item(RoomId{2}).close_list().open("in").close().close();
  const json::object read = json::parse(json.take()).as_object();
  EXPECT_EQ(std::string_view(read.at("text").as_string()), hard);
  EXPECT_EQ(read.at("n"), -5);
  EXPECT_EQ(read.at("ids").as_array().at(1), "r_0000000000002");
  EXPECT_TRUE(read.at("in").as_object().empty());
}

}  // namespace
}  // namespace conclave::doors::native
