#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"

namespace conclave::wire::test {
namespace {

TEST(Tls, echoes_text_and_both_sides_have_the_same_exporter) {
  Running running;
  TlsClient client(running.tls());
  ASSERT_TRUE(client.connected());
  EXPECT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
  client.write(text_frame("hello"));
  const auto frame = read_frame(client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload, "hello");
  EXPECT_EQ(running.journal.wait_for("open "), "open TLSv1.3 " + client.exporter());
}

}  // namespace
}  // namespace conclave::wire::test
