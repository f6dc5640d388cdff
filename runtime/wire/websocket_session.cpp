#include "runtime/wire/websocket_session.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstring>
#include <utility>

#include "runtime/wire/beast_stream.hpp"
#include "runtime/wire/heartbeat.hpp"
#include "runtime/wire/send_queue.hpp"

namespace conclave::wire {
namespace {

namespace net = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::size_t kKeptReadBytes = 4 * 1024;  // a larger read buffer is given back after use
// How long a peer may go on sending after the end before the socket is closed under it.
constexpr std::chrono::seconds kLinger{2};

// One WebSocket over Beast: no timers and no queue of its own there, those are here.
class Session final : public WebSocket,
                      public LoopMember,
                      public std::enable_shared_from_this<Session> {
 public:
  Session(Link link, std::unique_ptr<WebSocketHandler> handler)
      : link_(std::move(link)),
        handler_(std::move(handler)),
        stream_(BeastStream{link_.transport.get()}),
        input_(link_.env->limits.frame_bytes + 1),
        queue_(link_.env->limits.send_queue_bytes),
        began_(Clock::now()),
        heart_(link_.env->limits.ping_after, link_.env->limits.idle, began_) {}
  ~Session() override {
    if (opened_ && !ended_) link_.env->metrics.websockets.add(-1);
  }

  void accept(const HttpReader::Message& request, std::string_view subprotocol) {
    stream_.set_option(websocket::stream_base::decorator(
        [name = std::string(subprotocol)](websocket::response_type& response) {
          response.set(boost::beast::http::field::server, "conclave");
          if (response.result() == boost::beast::http::status::switching_protocols) {
            response.set(boost::beast::http::field::sec_websocket_protocol, name);
          }
        }));
    stream_.read_message_max(link_.env->limits.frame_bytes);
    stream_.auto_fragment(false);
    stream_.text(true);
    stream_.control_callback([this](websocket::frame_type kind, std::string_view payload) {
      on_control(kind, payload);
    });
    stream_.async_accept(
        request, [self = shared_from_this()](error_code error) { self->on_accepted(error); });
  }

  // WebSocket
  bool send(SharedFrame frame) override;
  std::size_t queued_bytes() const override { return queue_.bytes(); }
  void pause_reading() override { paused_ = true; }
  void resume_reading() override;
  void close(CloseCode code, std::string_view reason) override;
  const Peer& peer() const override { return link_.peer; }
  std::int64_t round_trip_us() const override { return heart_.round_trip_us(); }
  net::any_io_executor executor() const override { return link_.loop->executor(); }

  // LoopMember
  void tick(Clock::time_point now) override;
  void drain() override;
  void cut() override {
    end(std::uint16_t(CloseCode::draining), "server is stopping");
    leave();
  }

 private:
  void on_accepted(error_code error);
  void on_control(websocket::frame_type kind, std::string_view payload);
  void read();
  void on_read(error_code error);
  void write();
  void on_written(error_code error);
  void begin_close();
  void ping(Clock::time_point now);
  void end(std::uint16_t code, std::string_view reason);
  void end_by_stream(error_code error);
  void leave();
  void count_bytes();

  Link link_;
  std::unique_ptr<WebSocketHandler> handler_;
  websocket::stream<BeastStream, false> stream_;  // false: no permessage-deflate
  boost::beast::flat_buffer input_;
  SendQueue queue_;
  Clock::time_point began_;
  Heartbeat heart_;
  std::uint16_t close_code_ = 0;
  std::string close_reason_;
  Clock::time_point closing_since_;
  std::uint64_t counted_in_ = 0;
  std::uint64_t counted_out_ = 0;
  std::uint64_t counted_writes_ = 0;
  bool opened_ = false;
  bool drain_wanted_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool paused_ = false;
  bool overflowed_ = false;
  bool closing_ = false;  // close() was called
  bool goodbye_ = false;  // Beast's close handshake has begun
  bool ended_ = false;    // the handler is gone; the socket may linger
  Clock::time_point ended_at_;
  bool left_ = false;
};

void Session::on_accepted(error_code error) {
  if (ended_) return;
  if (error) return end(0, {});  // Beast has sent the refusal (400, 426)
  opened_ = true;
  heart_.heard(Clock::now());
  link_.env->metrics.websockets.add(1);
  handler_->on_open(*this);
  if (drain_wanted_) close(CloseCode::draining, "server is stopping");
  if (!paused_) read();
}

bool Session::send(SharedFrame frame) {
  if (ended_ || closing_ || !opened_) return false;
  if (!queue_.push(std::move(frame))) {
    if (!std::exchange(overflowed_, true)) link_.env->metrics.queue_overflows.add();
    return false;
  }
  if (!writing_) {
    writing_ = true;
    // Not at once: what a handler sends in one go leaves in one go.
    net::post(link_.loop->executor(), [self = shared_from_this()] { self->write(); });
  }
  return true;
}

void Session::write() {
  if (ended_) return;
  const SharedFrame frame = queue_.front();
  link_.transport->cork(queue_.more_than_one());
  stream_.async_write(net::buffer(*frame),
                      [self = shared_from_this(), frame](error_code error, std::size_t) {
                        self->on_written(error);
                      });
}

void Session::on_written(error_code error) {
  if (ended_) return;
  if (error) return end_by_stream(error);
  queue_.pop();
  link_.env->metrics.frames_out.add();
  if (!queue_.empty()) return write();
  writing_ = false;
  if (closing_) return begin_close();
  if (std::exchange(overflowed_, false)) handler_->on_drained();
}

void Session::resume_reading() {
  if (!std::exchange(paused_, false) || ended_ || goodbye_ || !opened_) return;
  heart_.heard(Clock::now());
  if (!reading_) read();
}

void Session::read() {
  reading_ = true;
  stream_.async_read(
      input_, [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
}

void Session::on_read(error_code error) {
  reading_ = false;
  if (ended_) return;
  if (error) return end_by_stream(error);
  heart_.heard(Clock::now());
  count_bytes();
  if (goodbye_) return;  // async_close() reads on by itself
  if (!stream_.got_text()) {
    close(CloseCode::unsupported_data, "text frames only");
  } else if (!closing_) {
    link_.env->metrics.messages_in.add();
    const auto bytes = input_.data();
    handler_->on_message({static_cast<const char*>(bytes.data()), bytes.size()});
  }
  if (ended_) return;
  input_.consume(input_.size());
  if (input_.capacity() > kKeptReadBytes) input_.shrink_to_fit();
  // While closing we go on reading: the peer's pongs and its close frame.
  if ((!paused_ || closing_) && !goodbye_) read();
}

void Session::on_control(websocket::frame_type kind, std::string_view payload) {
  const auto now = Clock::now();
  heart_.heard(now);
  if (kind == websocket::frame_type::close) return;
  if (kind == websocket::frame_type::pong && heart_.pong(payload, now)) return;
  if (!heart_.control(now) && !closing_) {
    link_.env->metrics.floods.add();
    close(CloseCode::flood, "too many control frames");
  }
}

void Session::close(CloseCode code, std::string_view reason) {
  if (ended_ || std::exchange(closing_, true)) return;
  constexpr std::size_t kReasonBytes = 123;  // RFC 6455 section 5.5
  close_code_ = std::uint16_t(code);
  close_reason_ = reason.substr(0, kReasonBytes);
  closing_since_ = Clock::now();
  if (!writing_ && opened_) {
    net::post(link_.loop->executor(), [self = shared_from_this()] {
      if (!self->ended_) self->begin_close();
    });
  }
}

void Session::begin_close() {
  if (std::exchange(goodbye_, true)) return;
  link_.transport->cork(false);
  websocket::close_reason reason(close_code_);
  reason.reason.assign(close_reason_.data(), close_reason_.size());
  stream_.async_close(reason, [self = shared_from_this()](error_code) {
    self->end(self->close_code_, self->close_reason_);
  });
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
  if (!opened_) {
    if (now - began_ > limits.handshake) end(0, {});
    return;
  }
  if (paused_) return;  // what the peer sends waits in the kernel: silence is ours
  switch (heart_.due(now)) {
    case Heartbeat::Due::nothing:
      return;
    case Heartbeat::Due::ping:
      return ping(now);
    case Heartbeat::Due::dead:
      link_.env->metrics.timeouts.add();
      return close(CloseCode::idle, "nothing heard");
  }
}

void Session::ping(Clock::time_point now) {
  const std::string number = heart_.begin_ping(now);
  websocket::ping_data payload;
  payload.assign(number.data(), number.size());
  stream_.async_ping(payload, [self = shared_from_this()](error_code error) {
    if (error && !self->ended_) self->end_by_stream(error);
  });
}

void Session::drain() {
  if (opened_) return close(CloseCode::draining, "server is stopping");
  drain_wanted_ = true;
}

void Session::end_by_stream(error_code error) {
  // While our own close handshake runs, its completion tells the end.
  if (goodbye_ && stream_.is_open()) return;
  if (error == websocket::error::closed) {
    const auto& reason = stream_.reason();
    const std::uint16_t code = closing_ ? close_code_ : reason.code;
    return end(code, closing_ ? std::string_view(close_reason_)
                              : std::string_view(reason.reason.data(), reason.reason.size()));
  }
  if (closing_) return end(close_code_, close_reason_);
  constexpr std::uint16_t kNoCloseFrame = 1006;  // RFC 6455 section 7.4.1
  if (error == websocket::error::message_too_big) {
    return end(std::uint16_t(CloseCode::too_big), "message too big");
  }
  if (error == websocket::error::bad_frame_payload) {
    return end(std::uint16_t(CloseCode::invalid_payload), "not UTF-8");
  }
  const bool protocol =
      error.category() == websocket::make_error_code(websocket::error::closed).category();
  end(protocol ? std::uint16_t(CloseCode::protocol_error) : kNoCloseFrame, error.message());
}

void Session::end(std::uint16_t code, std::string_view reason) {
  if (std::exchange(ended_, true)) return;
  ended_at_ = Clock::now();
  count_bytes();
  const auto self = shared_from_this();
  if (opened_) {
    link_.env->metrics.websockets.add(-1);
    handler_->on_closed(code, reason);
  }
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

void start_websocket(Link link, const HttpReader::Message& request, std::string_view subprotocol,
                     std::unique_ptr<WebSocketHandler> handler) {
  const auto loop = link.loop;
  auto session = std::make_shared<Session>(std::move(link), std::move(handler));
  loop->add(session);
  session->accept(request, subprotocol);
}

}  // namespace conclave::wire
