#include "runtime/wire/http_reader.hpp"
#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"

namespace conclave::wire::test {
namespace {

std::string request(std::string_view line, std::string_view more = {}, std::string_view body = {}) {
  std::string out(line);
  out.append("\r\nHost: localhost\r\n").append(more).append("\r\n").append(body);
  return out;
}

TEST(Http, answers_requests_on_one_connection_one_after_the_other) {
  Running running;
  RawClient client(running.plain());
  for (int i = 0; i < 3; ++i) {
    client.write(request("POST /a?b=1 HTTP/1.1", "Content-Length: 5\r\n", "hello"));
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
    EXPECT_NE(head.find("Content-Length: 17\r\n"), std::string::npos) << head;
    EXPECT_EQ(client.read_exactly(17), "POST /a?b=1 hello");
  }
}

TEST(Http, answers_pipelined_requests_in_order) {
  Running running;
  RawClient client(running.plain());
  client.write(request("GET /1 HTTP/1.1") + request("GET /2 HTTP/1.1") +
               request("GET /3 HTTP/1.1", "Connection: close\r\n"));
  const std::string all = client.read_to_end();
  const auto first = all.find("GET /1 ");
  const auto second = all.find("GET /2 ");
  const auto third = all.find("GET /3 ");
  ASSERT_NE(third, std::string::npos) << all;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST(Http, takes_a_request_that_comes_byte_by_byte) {
  Running running;
  RawClient client(running.plain());
  for (const char c :
       request("POST /slow HTTP/1.1", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")) {
    client.write(std::string_view(&c, 1));
  }
  client.read_until("\r\n\r\n");
  EXPECT_EQ(client.read_exactly(14), "POST /slow abc");
}

TEST(Http, sends_no_body_to_head_and_keeps_the_length) {
  Running running;
  RawClient client(running.plain());
  client.write(request("HEAD /x HTTP/1.1", "Connection: close\r\n"));
  const std::string all = client.read_to_end();
  EXPECT_NE(all.find("Content-Length: 8\r\n"), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
}

TEST(Http, asks_for_the_body_that_waits_for_100_continue) {
  Running running;
  RawClient client(running.plain());
  client.write(request("POST /c HTTP/1.1", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.write("ok");
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(client.read_exactly(10), "POST /c ok");
}

TEST(Http, drops_a_header_that_would_forge_another_one) {
  Running running;
  RawClient client(running.plain());
  client.write(request("GET / HTTP/1.1", "Connection: close\r\n"));
  const std::string all = client.read_to_end();
  EXPECT_NE(all.find("X-Safe: yes"), std::string::npos) << all;
  EXPECT_EQ(all.find("Evil"), std::string::npos) << all;
}

struct Bad {
  const char* name;
  std::string bytes;
  const char* status;
};

class BadRequest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadRequest, is_answered_with_its_status_and_the_connection_ends) {
  Running running({.http_body_bytes = 1000, .http_header_bytes = 2000});
  RawClient client(running.plain());
  client.write(GetParam().bytes);
  const std::string all = client.read_to_end();
  EXPECT_TRUE(all.starts_with(std::string("HTTP/1.1 ") + GetParam().status)) << all.substr(0, 200);
  EXPECT_NE(all.find("Connection: close"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadRequest,
    ::testing::Values(
        Bad{"garbage", "\x16\x03\x01\x02 hello\r\n\r\n", "400"},
        Bad{"no_host", "GET / HTTP/1.1\r\n\r\n", "400"},
        Bad{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        Bad{"two_lengths",
            request("POST / HTTP/1.1", "Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), "400"},
        Bad{"length_and_chunked",
            request("POST / HTTP/1.1", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                    "0\r\n\r\n"),
            "400"},
        Bad{"negative_length", request("POST / HTTP/1.1", "Content-Length: -1\r\n"), "400"},
        Bad{"space_before_colon", request("GET / HTTP/1.1", "X-A : b\r\n"), "400"},
        Bad{"bad_chunk", request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "zz\r\n"),
            "400"},
        Bad{"version_2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
        Bad{"head_too_large", request("GET / HTTP/1.1", "X-A: " + std::string(3000, 'a') + "\r\n"),
            "431"},
        Bad{"body_too_large", request("POST / HTTP/1.1", "Content-Length: 1001\r\n"), "413"},
        Bad{"chunks_too_large",
            request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                    "7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\n\r\n"),
            "413"}),
    [](const auto& each) { return each.param.name; });

TEST(Http, serves_the_same_over_tls) {
  Running running;
  TlsClient client(running.tls());
  ASSERT_TRUE(client.connected());
  client.write(request("GET /tls HTTP/1.1"));
  client.read_until("\r\n\r\n");
  EXPECT_EQ(client.read_exactly(9), "GET /tls ");
}

TEST(HttpReader, takes_the_end_of_a_chunked_body_in_pieces) {
  const std::string whole = request("POST /a HTTP/1.1", "Transfer-Encoding: chunked\r\n");
  for (const std::string_view body : {"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n"}) {
    for (std::size_t cut = 1; cut < body.size(); ++cut) {
      HttpReader reader(1000, 1000);
      std::string input = whole + std::string(body.substr(0, cut));
      ASSERT_EQ(reader.feed(input), HttpReader::State::need_more) << body << cut;
      for (const char c : body.substr(cut, body.size() - cut - 1)) {
        ASSERT_EQ(reader.feed(input.append(1, c)), HttpReader::State::need_more) << body << cut;
      }
      ASSERT_EQ(reader.feed(input.append(1, '\n')), HttpReader::State::complete) << body << cut;
      EXPECT_EQ(reader.take_request().body, body.size() > 5 ? "abc" : "");
    }
  }
}

TEST(HttpReader, gives_names_in_lower_case_and_values_as_sent) {
  HttpReader reader(1000, 1000);
  std::string input = request("GET /a HTTP/1.1", "X-Mixed-CASE: Value\r\n");
  ASSERT_EQ(reader.feed(input), HttpReader::State::complete);
  const HttpRequest taken = reader.take_request();
  EXPECT_EQ(taken.header("x-mixed-case"), "Value");
  EXPECT_EQ(taken.header("host"), "localhost");
  EXPECT_EQ(taken.header("absent"), "");
}

}  // namespace
}  // namespace conclave::wire::test
