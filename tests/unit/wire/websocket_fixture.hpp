#pragma once

#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"

namespace conclave::wire::test {

// A server and one open WebSocket over plain TCP.
class WebSocketTest : public ::testing::Test {
 protected:
  void open(const ServerLimits& limits = {}) {
    running_ = std::make_unique<Running>(limits);
    client_ = std::make_unique<RawClient>(running_->plain());
    ASSERT_TRUE(client_->upgrade().starts_with("HTTP/1.1 101 "));
  }
  void expect_echo(const std::string& text) {
    const auto frame = read_frame(*client_);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 1U);
    EXPECT_TRUE(frame->payload == text);
  }
  // What the peer is told, and what the door is told.
  void expect_close(unsigned code) {
    EXPECT_EQ(read_close_code(*client_), code);
    EXPECT_TRUE(running_->journal.wait_for("closed " + std::to_string(code)));
    EXPECT_EQ(running_->journal.count("closed "), 1U);
  }

  std::unique_ptr<Running> running_;
  std::unique_ptr<RawClient> client_;
};

}  // namespace conclave::wire::test
