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

}  // namespace
}  // namespace conclave::wire::test
