#include "runtime/wire/websocket_session.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "runtime/wire/frame_reader.hpp"
#include "runtime/wire/heartbeat.hpp"
#include "runtime/wire/send_queue.hpp"
#include "runtime/wire/websocket_handshake.hpp"

namespace conclave::wire {
namespace {

using boost::system::error_code;

// How long a peer may go on sending after the end before the socket is closed under it.
constexpr std::chrono::seconds kLinger{2};
constexpr std::uint16_t kNoCloseFrame = 1006;  // RFC 6455 section 7.4.1
// What leaves in one system call; also what a session keeps at most of what the socket did not
// take.
constexpr std::size_t kOutputBytes = 64 * 1024;

// Pings in a row whose least round trip counts: a client that is busy answers one of them late.
constexpr int kMeasures = 3;

enum class Opcode : std::uint8_t { text = 1, close = 8, ping = 9, pong = 10 };

// The head of a frame that is whole and not masked.
void append_head(std::string& out, Opcode opcode, std::size_t length) {
  constexpr std::uint8_t kFinal = 0x80;
  out.push_back(static_cast<char>(kFinal | std::uint8_t(opcode)));
  const std::size_t width = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  out.push_back(static_cast<char>(width == 0 ? length : width == 2 ? 126 : 127));
  for (std::size_t i = width; i-- > 0;) out.push_back(static_cast<char>(length >> (8 * i)));
}

// Filled and written by one session at a time; keeps its capacity.
thread_local std::string shared_output;

// One WebSocket: no timers and no memory for frames but the queue.
class Session final : public WebSocket,
                      public LoopMember,
                      public std::enable_shared_from_this<Session> {
 public:
  Session(Link link, std::unique_ptr<WebSocketHandler> handler)
      : link_(std::move(link)),
        handler_(std::move(handler)),
        input_(link_.env->limits.frame_bytes),
        queue_(link_.env->limits.send_queue_bytes),
        heart_(link_.env->limits.ping_after, link_.env->limits.idle, Clock::now()) {
    link_.peer.least_ping_us = std::make_shared<std::atomic<std::int64_t>>(0);
  }
  ~Session() override {
    if (!ended_) link_.env->metrics.websockets.add(-1);
  }

  void start(std::string answer) {
    output_ = std::move(answer);
    link_.env->metrics.websockets.add(1);
    want_flush();
    handler_->on_open(*this);
    if (!paused_ && !ended_ && !reading_) read();
  }

  // WebSocket
  bool send(SharedFrame frame) override;
  std::size_t queued_bytes() const override { return queue_.bytes() + output_.size(); }
  void pause_reading() override { paused_ = true; }
  void resume_reading() override;
  void close(CloseCode code, std::string_view reason) override;
  const Peer& peer() const override { return link_.peer; }
  std::int64_t round_trip_us() const override { return heart_.round_trip_us(); }
  void measure_round_trip() override {
    measures_left_ = kMeasures;
    measure();
  }
  boost::asio::any_io_executor executor() const override { return link_.loop->executor(); }

  // LoopMember
  void tick(Clock::time_point now) override;
  void flush() override;
  void drain() override { close(CloseCode::draining, "server is stopping"); }
  void cut() override {
    end(std::uint16_t(CloseCode::draining), "server is stopping");
    leave();
  }

 private:
  void read();
  void on_read(error_code error, std::span<char> bytes);
  void take(std::span<char> bytes);
  void handle(const FrameReader::Event& event);
  void on_control(const FrameReader::Event& event);
  void on_close(const FrameReader::Event& event);
  void want_flush();
  void fill(std::string& out);
  [[nodiscard]] bool put(std::string& bytes);
  void say(Opcode opcode, std::string_view payload);
  void measure();
  void say_goodbye(std::uint16_t code, std::string_view reason);
  void end(std::uint16_t code, std::string_view reason);
  void leave();
  void count_bytes();

  Link link_;
  std::unique_ptr<WebSocketHandler> handler_;
  FrameReader input_;
  SendQueue queue_;
  std::size_t front_done_ = 0;  // bytes of the queue's first frame that are in output_ already
  std::string output_;          // what the socket did not take; written before anything else
  std::string control_;         // our pongs, pings and the close frame, between two frames
  Heartbeat heart_;
  std::uint16_t close_code_ = 0;
  std::string close_reason_;
  Clock::time_point closing_since_;
  std::uint64_t counted_in_ = 0;
  std::uint64_t counted_out_ = 0;
  std::uint64_t counted_writes_ = 0;
  int measures_left_ = 0;
  bool reading_ = false;
  bool flushing_ = false;  // flush() is to come, or the socket is full
  bool paused_ = false;
  bool overflowed_ = false;
  bool closing_ = false;  // close() was called
  bool goodbye_ = false;  // our close frame is on its way: nothing of the door's follows it
  bool ended_ = false;    // the handler is gone; the socket may linger
  Clock::time_point ended_at_;
  bool left_ = false;
};

bool Session::send(SharedFrame frame) {
  if (closing_ || ended_) return false;
  if (!queue_.push(std::move(frame))) {
    if (!std::exchange(overflowed_, true)) link_.env->metrics.queue_overflows.add();
    return false;
  }
  want_flush();
  return true;
}

// Not at once: what a handler sends in one go leaves in one go.
void Session::want_flush() {
  if (!std::exchange(flushing_, true)) link_.loop->flush_later(shared_from_this());
}

// Control frames come first, but never into the middle of a frame.
void Session::fill(std::string& out) {
  if (front_done_ == 0) out.append(std::exchange(control_, {}));
  std::size_t frames = 0;
  while (!queue_.empty() && out.size() < kOutputBytes) {
    const std::string& frame = *queue_.front();
    if (front_done_ == 0) append_head(out, Opcode::text, frame.size());
    const std::size_t part = std::min(frame.size() - front_done_, kOutputBytes);
    out.append(frame, front_done_, part);
    front_done_ += part;
    if (front_done_ < frame.size()) break;
    front_done_ = 0;
    queue_.pop();
    ++frames;
  }
  if (front_done_ == 0) out.append(std::exchange(control_, {}));
  if (frames > 0) link_.env->metrics.frames_out.add(static_cast<double>(frames));
}

// True when the socket took all; otherwise the rest is kept and we come back.
bool Session::put(std::string& bytes) {
  const Transport::Written written = link_.transport->write_now(bytes);
  if (written.error) {
    end(closing_ ? close_code_ : kNoCloseFrame, closing_ ? close_reason_ : written.error.message());
    return false;
  }
  if (written.bytes == bytes.size()) return true;
  if (&bytes == &output_) {
    output_.erase(0, written.bytes);
  } else {
    output_.assign(bytes, written.bytes);
  }
  link_.transport->wait_writable([self = shared_from_this()](error_code error) {
    if (error || self->ended_) return;
    self->flush();
  });
  return false;
}

void Session::flush() {
  if (ended_) return;
  if (!output_.empty()) {
    if (!put(output_)) return;
    std::string().swap(output_);
  }
  while (true) {
    if (closing_ && !goodbye_ && queue_.empty()) say_goodbye(close_code_, close_reason_);
    shared_output.clear();
    fill(shared_output);
    if (shared_output.empty()) break;
    if (!put(shared_output)) return;
  }
  flushing_ = false;
  if (std::exchange(overflowed_, false) && !closing_) handler_->on_drained();
}

void Session::say(Opcode opcode, std::string_view payload) {
  append_head(control_, opcode, payload.size());
  control_.append(payload);
  want_flush();
}

void Session::say_goodbye(std::uint16_t code, std::string_view reason) {
  goodbye_ = true;
  std::string payload;
  constexpr std::uint16_t kNoCode = 1005;  // RFC 6455 section 7.4.1: never sent
  if (code != kNoCode) {
    payload.push_back(static_cast<char>(code >> 8U));
    payload.push_back(static_cast<char>(code & 0xffU));
    payload.append(reason);
  }
  say(Opcode::close, payload);
}

void Session::resume_reading() {
  if (!std::exchange(paused_, false) || ended_) return;
  heart_.heard(Clock::now());
  if (!reading_) read();
}

void Session::read() {
  reading_ = true;
  link_.transport->read_shared(
      [self = shared_from_this()](error_code error, std::span<char> bytes) {
        self->on_read(error, bytes);
      });
}

void Session::on_read(error_code error, std::span<char> bytes) {
  if (ended_) return;
  if (error) {
    return end(closing_ ? close_code_ : kNoCloseFrame, closing_ ? close_reason_ : error.message());
  }
  heart_.heard(Clock::now());
  count_bytes();
  take(bytes);  // may pause, resume and close
  reading_ = false;
  // While closing we go on reading: the peer's pongs and its close frame.
  if (!ended_ && (!paused_ || closing_)) read();
}

void Session::take(std::span<char> bytes) {
  while (!ended_) {
    if (paused_ && !closing_) {
      if (!bytes.empty()) link_.transport->unread(std::string(bytes.data(), bytes.size()));
      return;
    }
    const FrameReader::Event event = input_.next(bytes);
    if (event.kind == FrameReader::Kind::more) return;
    handle(event);
  }
}

void Session::handle(const FrameReader::Event& event) {
  switch (event.kind) {
    case FrameReader::Kind::text:
      if (closing_) return;
      link_.env->metrics.messages_in.add();
      return handler_->on_message(event.payload);
    case FrameReader::Kind::close:
      return on_close(event);
    case FrameReader::Kind::failed: {
      constexpr std::string_view kWhy = "the frame breaks RFC 6455";
      if (closing_) return end(close_code_, close_reason_);
      queue_.clear();
      const bool between_frames = std::exchange(front_done_, 0) == 0;
      if (between_frames) say_goodbye(event.code, kWhy);
      flush();
      return end(event.code, kWhy);
    }
    default:
      return on_control(event);
  }
}

void Session::on_control(const FrameReader::Event& event) {
  const auto now = Clock::now();
  if (event.kind == FrameReader::Kind::pong && heart_.pong(event.payload, now)) {
    link_.peer.least_ping_us->store(heart_.least_round_trip_us(), std::memory_order_relaxed);
    return measure();
  }
  if (!heart_.control(now)) {
    if (closing_) return;
    link_.env->metrics.floods.add();
    return close(CloseCode::flood, "too many control frames");
  }
  if (event.kind == FrameReader::Kind::ping && !goodbye_) say(Opcode::pong, event.payload);
}

void Session::measure() {
  if (measures_left_ == 0 || closing_ || goodbye_ || ended_ || heart_.awaiting()) return;
  --measures_left_;
  say(Opcode::ping, heart_.begin_ping(Clock::now()));
}

void Session::on_close(const FrameReader::Event& event) {
  if (goodbye_ || closing_) return end(close_code_, close_reason_);
  const std::string reason(event.payload);
  queue_.clear();
  const bool between_frames = std::exchange(front_done_, 0) == 0;
  if (between_frames) say_goodbye(event.code, {});
  flush();
  end(event.code, reason);
}

void Session::close(CloseCode code, std::string_view reason) {
  if (ended_ || std::exchange(closing_, true)) return;
  constexpr std::size_t kReasonBytes = 123;  // RFC 6455 section 5.5
  close_code_ = std::uint16_t(code);
  close_reason_ = reason.substr(0, kReasonBytes);
  closing_since_ = Clock::now();
  want_flush();
  if (paused_ && !reading_) read();
}

void Session::tick(Clock::time_point now) {
  if (ended_) {
    if (now - ended_at_ > kLinger) leave();
    return;
  }
  const ServerLimits& limits = link_.env->limits;
  count_bytes();
  if (link_.transport->write_stalled(now) > limits.write) {
    link_.env->metrics.slow_readers.add();
    end(std::uint16_t(CloseCode::slow_reader), "peer does not read");
    return leave();
  }
  if (closing_) {
    if (now - closing_since_ > Loop::kGoodbye) {
      end(close_code_, close_reason_);
      leave();
    }
    return;
  }
  if (paused_) return;  // what the peer sends waits in the kernel: silence is ours
  switch (heart_.due(now)) {
    case Heartbeat::Due::nothing:
      return;
    case Heartbeat::Due::ping:
      return say(Opcode::ping, heart_.begin_ping(now));
    case Heartbeat::Due::dead:
      link_.env->metrics.timeouts.add();
      return close(CloseCode::idle, "nothing heard");
  }
}

void Session::end(std::uint16_t code, std::string_view reason) {
  if (std::exchange(ended_, true)) return;
  ended_at_ = Clock::now();
  count_bytes();
  const auto self = shared_from_this();
  link_.env->metrics.websockets.add(-1);
  handler_->on_closed(code, reason);
  handler_.reset();
  queue_.clear();
  link_.transport->finish([self] { self->leave(); });
}

void Session::leave() {
  if (std::exchange(left_, true)) return;
  link_.transport->abort();
  const auto self = shared_from_this();
  link_.loop->remove(*this);
}

void Session::count_bytes() {
  const auto in = link_.transport->bytes_in();
  const auto out = link_.transport->bytes_out();
  if (in != counted_in_) {
    link_.env->metrics.bytes_in.add(static_cast<double>(in - std::exchange(counted_in_, in)));
  }
  if (out != counted_out_) {
    link_.env->metrics.bytes_out.add(static_cast<double>(out - std::exchange(counted_out_, out)));
    const auto writes = link_.transport->writes();
    link_.env->metrics.writes.add(
        static_cast<double>(writes - std::exchange(counted_writes_, writes)));
  }
}

}  // namespace

void start_websocket(Link link, std::string answer, std::unique_ptr<WebSocketHandler> handler) {
  const auto loop = link.loop;
  auto session = std::make_shared<Session>(std::move(link), std::move(handler));
  loop->add(session);
  session->start(std::move(answer));
}

}  // namespace conclave::wire
