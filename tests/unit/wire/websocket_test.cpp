#include "tests/unit/wire/fixture.hpp"
#include "tests/unit/wire/raw_client.hpp"
#include "tests/unit/wire/websocket_fixture.hpp"

namespace conclave::wire::test {
namespace {

TEST_F(WebSocketTest, echoes_text_of_all_length_forms) {
  open();
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 4096U, 65535U, 65536U}) {
    const std::string text(size, 'x');
    client_->write(text_frame(text));
    expect_echo(text);
  }
}

TEST_F(WebSocketTest, names_the_subprotocol_that_the_client_prefers) {
  Running running;
  RawClient client(running.plain());
  const std::string head = client.upgrade("unknown.v9, other.v1, echo.v1");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: other.v1\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
}

TEST_F(WebSocketTest, offers_no_compression) {
  Running running;
  RawClient client(running.plain());
  client.write(
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: echo.v1\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(head.find("Extensions"), std::string::npos) << head;
}

TEST_F(WebSocketTest, refuses_an_upgrade_without_a_known_subprotocol) {
  Running running;
  RawClient client(running.plain());
  EXPECT_TRUE(client.upgrade("unknown.v9").starts_with("HTTP/1.1 400 "));
}

TEST_F(WebSocketTest, refuses_a_plain_request_on_its_path) {
  Running running;
  RawClient client(running.plain());
  client.write("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 426 "));
}

TEST_F(WebSocketTest, refuses_a_wrong_version_and_a_missing_key_without_opening) {
  Running running;
  for (const char* wrong :
       {"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Sec-WebSocket-Version: 13\r\n"}) {
    RawClient client(running.plain());
    client.write(std::string("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                             "Upgrade: websocket\r\nSec-WebSocket-Protocol: echo.v1\r\n") +
                 wrong + "\r\n");
    const std::string answer = client.read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 4")) << answer;
  }
  EXPECT_EQ(running.journal.count("open"), 0U);
}

TEST_F(WebSocketTest, answers_503_when_the_door_sheds) {
  Running running;
  running.door.shed = true;
  RawClient client(running.plain());
  const std::string head = client.upgrade();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 503 ")) << head;
  EXPECT_NE(head.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(running.metric("conclave_wire_refused_total{reason=\"door\"}"), 1);
}

TEST_F(WebSocketTest, takes_frames_that_came_with_the_upgrade_request) {
  Running running;
  RawClient client(running.plain());
  client.write(
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: echo.v1\r\n\r\n" +
      text_frame("early"));
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  const auto frame = read_frame(client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload, "early");
}

TEST_F(WebSocketTest, joins_fragments_with_control_frames_between_them) {
  open();
  client_->write(Frame{.fin = false, .opcode = 1, .payload = "one "}.encoded());
  client_->write(Frame{.opcode = 9, .payload = "ping"}.encoded());
  client_->write(Frame{.fin = false, .opcode = 0, .payload = "two "}.encoded());
  client_->write(Frame{.opcode = 10, .payload = "unasked"}.encoded());
  client_->write(Frame{.opcode = 0, .payload = "three"}.encoded());
  const auto pong = read_frame(*client_);
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, 10U);
  EXPECT_EQ(pong->payload, "ping");
  expect_echo("one two three");
}

TEST_F(WebSocketTest, joins_a_character_that_is_split_between_fragments) {
  open();
  client_->write(Frame{.fin = false, .opcode = 1, .payload = "\xe2\x82"}.encoded());
  client_->write(Frame{.opcode = 0, .payload = "\xac"}.encoded());
  expect_echo("\xe2\x82\xac");
}

TEST_F(WebSocketTest, takes_a_message_of_exactly_the_limit) {
  open({.frame_bytes = 1000});
  const std::string text(1000, 'x');
  client_->write(text_frame(text));
  expect_echo(text);
}

TEST_F(WebSocketTest, answers_the_close_of_the_peer_with_its_code) {
  open();
  client_->write(Frame{.opcode = 8, .payload = std::string("\x0f\xa7", 2) + "bye"}.encoded());
  EXPECT_EQ(read_close_code(*client_), 4007U);
  EXPECT_EQ(running_->journal.wait_for("closed "), "closed 4007 bye");
}

TEST_F(WebSocketTest, tells_the_door_when_the_peer_vanishes) {
  open();
  client_.reset();
  EXPECT_TRUE(running_->journal.wait_for("closed 1006"));
}

TEST_F(WebSocketTest, sends_what_is_queued_before_it_closes) {
  open();
  client_->write(text_frame("burst 100") + text_frame("close"));
  std::size_t frames = 0;
  unsigned code = 0;
  while (const auto frame = read_frame(*client_)) {
    if (frame->opcode == 1) ++frames;
    if (frame->opcode == 8) {
      code = static_cast<unsigned>(static_cast<unsigned char>(frame->payload[0])) << 8U |
             static_cast<unsigned char>(frame->payload[1]);
      client_->write(Frame{.opcode = 8, .payload = frame->payload}.encoded());
    }
  }
  EXPECT_EQ(frames, 100U);
  EXPECT_EQ(code, 1000U);
  EXPECT_EQ(running_->journal.wait_for("closed "), "closed 1000 as asked");
}

TEST_F(WebSocketTest, does_not_wait_for_ever_for_the_peers_close_frame) {
  open();
  client_->write(text_frame("close"));
  EXPECT_EQ(read_close_code(*client_), 1000U);
  EXPECT_TRUE(running_->journal.wait_for("closed 1000"));  // nothing was answered: five seconds
}

TEST_F(WebSocketTest, holds_no_more_than_the_queue_for_a_peer_that_never_reads) {
  open({.send_queue_bytes = 64 * 1024});
  client_->write(text_frame("burst 100"));
  EXPECT_EQ(running_->journal.wait_for("refused at "), "refused at 64");
  EXPECT_EQ(running_->metric("conclave_wire_send_queue_overflows_total"), 1);
  for (int i = 0; i < 64; ++i) expect_echo(std::string(1024, 'b'));
  EXPECT_TRUE(running_->journal.wait_for("drained"));
}

TEST_F(WebSocketTest, cuts_a_peer_that_reads_nothing_for_the_write_time) {
  running_ = std::make_unique<Running>(
      ServerLimits{.send_queue_bytes = 16 * 1024 * 1024, .write = std::chrono::milliseconds(200)});
  client_ = std::make_unique<RawClient>(running_->plain(), 4096);
  ASSERT_TRUE(client_->upgrade().starts_with("HTTP/1.1 101 "));
  client_->write(text_frame("burst 16000"));
  EXPECT_TRUE(running_->journal.wait_for("closed 4008"));
  EXPECT_EQ(running_->metric("conclave_wire_cut_total{reason=\"slow_reader\"}"), 1);
}

TEST_F(WebSocketTest, takes_nothing_from_the_socket_while_paused) {
  open();
  client_->write(text_frame("pause"));
  ASSERT_TRUE(running_->journal.wait_for("message pause"));
  client_->write(text_frame("later"));
  // The door's thread comes round: had it been read, it would have been told by then.
  for (int i = 0; i < 20; ++i) running_->on_io([] {});
  EXPECT_EQ(running_->journal.count("message later"), 0U);
  running_->on_io([&] { running_->door.last.load()->resume_reading(); });
  expect_echo("later");
}

TEST_F(WebSocketTest, closes_on_a_flood_of_control_frames) {
  open();
  std::string flood;
  for (int i = 0; i < 200; ++i) flood += Frame{.opcode = 9, .payload = "x"}.encoded();
  client_->write(flood);
  EXPECT_EQ(read_close_code(*client_), 4006U);
  client_->write(Frame{.opcode = 8, .payload = "\x0f\xa6"}.encoded());
  EXPECT_TRUE(running_->journal.wait_for("closed 4006"));
}

TEST_F(WebSocketTest, pings_a_silent_peer_and_measures_the_way) {
  open({.ping_after = std::chrono::milliseconds(50)});
  const auto ping = read_frame(*client_);
  ASSERT_TRUE(ping);
  ASSERT_EQ(ping->opcode, 9U);
  client_->write(Frame{.opcode = 10, .payload = ping->payload}.encoded());
  std::int64_t round_trip = 0;
  EXPECT_TRUE(Running::until([&] {
    running_->on_io([&] { round_trip = running_->door.last.load()->round_trip_us(); });
    return round_trip > 0;
  }));
}

TEST_F(WebSocketTest, takes_no_foreign_pong_for_an_answer) {
  open({.ping_after = std::chrono::milliseconds(50)});
  const auto ping = read_frame(*client_);
  ASSERT_TRUE(ping);
  client_->write(Frame{.opcode = 10, .payload = "77777"}.encoded() + text_frame("after"));
  expect_echo("after");
  std::int64_t round_trip = -1;
  running_->on_io([&] { round_trip = running_->door.last.load()->round_trip_us(); });
  EXPECT_EQ(round_trip, 0);
}

TEST_F(WebSocketTest, closes_when_nothing_is_heard) {
  open({.idle = std::chrono::milliseconds(200), .ping_after = std::chrono::milliseconds(50)});
  EXPECT_EQ(read_close_code(*client_), 4005U);
}

TEST_F(WebSocketTest, many_small_frames_leave_in_few_system_calls) {
  open();
  const double before = running_->metric("conclave_wire_writes_total");
  client_->write(text_frame("burst 160"));
  for (int i = 0; i < 160; ++i) expect_echo(std::string(1024, 'b'));
  EXPECT_TRUE(
      Running::until([&] { return running_->metric("conclave_wire_frames_sent_total") == 160; }));
  client_->write(text_frame("count"));  // the counters are brought up to date with what is read
  expect_echo("count");
  EXPECT_LE(running_->metric("conclave_wire_writes_total") - before, 15);
}

TEST_F(WebSocketTest, drains_with_its_own_code) {
  open();
  std::atomic<bool> drained = false;
  running_->server().drain(std::chrono::milliseconds(10), [&] { drained = true; });
  EXPECT_EQ(read_close_code(*client_), 4007U);
  client_->write(Frame{.opcode = 8, .payload = "\x0f\xa7"}.encoded());
  EXPECT_TRUE(running_->journal.wait_for("closed 4007"));
  EXPECT_TRUE(Running::until([&] { return drained.load(); }));
  EXPECT_EQ(running_->server().connections(), 0U);
  EXPECT_THROW(RawClient(running_->plain()), std::runtime_error);
}

}  // namespace
}  // namespace conclave::wire::test
