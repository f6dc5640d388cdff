#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/assert.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/wire/link.hpp"

namespace wire = conclave::wire;
namespace net = boost::asio;

namespace {

constexpr std::size_t kFrameBytes = 4096;
constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: fuzz.v1\r\n\r\n";

int open_handlers = 0;

// Answers each message with itself; holds the transport to its promises.
class Echo : public wire::WebSocketHandler {
 public:
  ~Echo() override { CONCLAVE_ASSERT(socket_ == nullptr); }
  void on_open(wire::WebSocket& socket) override {
    socket_ = &socket;
    ++open_handlers;
  }
  void on_message(std::string_view text) override {
    CONCLAVE_ASSERT(socket_ != nullptr);
    CONCLAVE_ASSERT(text.size() <= kFrameBytes && conclave::base::is_utf8(text));
    if (!socket_->send(std::make_shared<const std::string>(text))) {
      socket_->close(wire::CloseCode::slow_reader, "full");
    }
  }
  void on_drained() override {}
  void on_closed(std::uint16_t /*code*/, std::string_view /*reason*/) override {
    CONCLAVE_ASSERT(socket_ != nullptr);  // once
    socket_ = nullptr;
    --open_handlers;
  }

 private:
  wire::WebSocket* socket_ = nullptr;
};

class Door : public wire::WebSocketDoor {
 public:
  std::string_view subprotocol() const override { return "fuzz.v1"; }
  std::unique_ptr<wire::WebSocketHandler> accept(const wire::Peer& /*peer*/) override {
    return std::make_unique<Echo>();
  }
};

class Http : public wire::HttpDoor {
 public:
  void handle(wire::HttpRequest request, wire::HttpReply reply) override {
    wire::HttpResponse response;
    response.body = request.method + " " + request.target + " " + request.body;
    reply(std::move(response));
  }
};

wire::ServerLimits limits() {
  wire::ServerLimits out;
  out.frame_bytes = kFrameBytes;
  out.http_header_bytes = 2048;
  out.http_body_bytes = 4096;
  out.send_queue_bytes = 64 * 1024;
  return out;
}

// One connection over a pair of sockets, driven by hand: no thread, no timer.
class Connection {
 public:
  Connection() : loop_(std::make_shared<wire::Loop>(io_.get_executor(), kNever)) {
    env_->http = &http_;
    env_->doors = {&door_};
    std::array<int, 2> pair{};
    CONCLAVE_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()) == 0);
    client_ = pair[0];
    net::ip::tcp::socket socket(io_);
    socket.assign(net::ip::tcp::v4(), pair[1]);
    wire::start_http(
        {.env = env_,
         .loop = loop_,
         .ticket = {},
         .open = wire::OpenCount(env_->metrics.connections),
         .peer = {},
         .forwarded_for = &nobody_,
         .accepted = wire::LoopMember::Clock::now(),
         .transport = std::make_unique<wire::Transport>(std::move(socket), nullptr)});
  }
  ~Connection() {
    ::close(client_);
    run();
    loop_->abandon();  // what only waits for its deadline
    run();
    CONCLAVE_ASSERT(open_handlers == 0 || loop_->size() == 0);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (!run() && sent <= 0) return;  // the server has closed or does not read
    }
  }
  void end() {
    ::shutdown(client_, SHUT_WR);
    while (run()) continue;
  }
  [[nodiscard]] const std::string& received() const { return received_; }

 private:
  static constexpr std::chrono::hours kNever{1};

  // Everything that can go on now; false when nothing could.
  bool run() {
    bool moved = false;
    for (int i = 0; i < 10'000; ++i) {
      io_.restart();
      const auto handled = io_.poll();
      std::array<char, 16 * 1024> buffer{};
      const auto got = ::recv(client_, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) received_.append(buffer.data(), static_cast<std::size_t>(got));
      if (handled == 0 && got <= 0) break;
      moved = true;
    }
    return moved;
  }

  conclave::observe::Metrics metrics_;
  const conclave::network::TrustedProxies nobody_;
  Door door_;
  Http http_;
  net::io_context io_{1};
  // Shared with the connection, as wire::Link has it.
  std::shared_ptr<wire::Environment> env_ = std::make_shared<wire::Environment>(limits(), metrics_);
  std::shared_ptr<wire::Loop> loop_;
  int client_ = -1;
  std::string received_;
};

// The frames of a server: not masked, no reserved bits, known opcodes, whole.
void check_frames(std::string_view bytes) {
  while (bytes.size() >= 2) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    const auto second = static_cast<unsigned char>(bytes[1]);
    const unsigned opcode = first & 0x0fU;
    CONCLAVE_ASSERT((first & 0x70U) == 0 && (second & 0x80U) == 0);
    CONCLAVE_ASSERT(opcode <= 2 || (opcode >= 8 && opcode <= 10));
    std::size_t length = second & 0x7fU;
    std::size_t head = 2;
    if (length == 126) {
      if (bytes.size() < 4) return;
      length = static_cast<unsigned char>(bytes[2]) * 256U + static_cast<unsigned char>(bytes[3]);
      head = 4;
    }
    CONCLAVE_ASSERT(length != 127);  // nothing here is that long
    if (bytes.size() < head + length) return;
    bytes.remove_prefix(head + length);
  }
}

}  // namespace

// The first byte chooses: even, the bytes are the whole connection, HTTP from the start; odd, they
// are what follows a good upgrade. In both the server answers in good form, or closes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool upgraded = (data[0] & 1U) != 0;
  std::string received;
  {
    Connection connection;
    if (upgraded) connection.send(kUpgrade);
    connection.send(bytes);
    connection.end();
    received = connection.received();
  }
  CONCLAVE_ASSERT(open_handlers == 0);
  if (!received.empty()) CONCLAVE_ASSERT(received.starts_with("HTTP/1.1 "));
  if (upgraded) {
    const auto head = received.find("\r\n\r\n");
    CONCLAVE_ASSERT(received.starts_with("HTTP/1.1 101 ") && head != std::string::npos);
    check_frames(std::string_view(received).substr(head + 4));
  }
  return 0;
}
