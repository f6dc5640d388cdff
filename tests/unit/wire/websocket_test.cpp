#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"

namespace conclave::wire::test {
namespace {

TEST(WebSocket, echoes_text_over_plain_tcp) {
  Running running;
  RawClient client(running.plain());
  const std::string head = client.upgrade();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: echo.v1\r\n"), std::string::npos) << head;
  client.write(text_frame("hello"));
  const auto frame = read_frame(client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload, "hello");
  EXPECT_EQ(frame->opcode, 1U);
}

}  // namespace
}  // namespace conclave::wire::test
