#include "tests/load/client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tests/load/process.hpp"

namespace conclave::load {
namespace {

constexpr std::uint8_t kText = 0x1;
constexpr std::uint8_t kClose = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xA;

void append_frame(std::string& out, std::uint8_t opcode, std::string_view payload) {
  constexpr std::size_t kShort = 126;
  out.push_back(static_cast<char>(0x80 | opcode));
  if (payload.size() < kShort) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    if (payload.size() > 0xFFFF) throw Failure("frame too large");
    out.push_back(static_cast<char>(0x80 | kShort));
    out.push_back(static_cast<char>(payload.size() >> 8U));
    out.push_back(static_cast<char>(payload.size() & 0xFFU));
  }
  out.append(4, '\0');
  out.append(payload);
}

// Size of the header of an unmasked frame and of its payload; 0 when more bytes are needed.
struct Head {
  std::size_t header = 0;
  std::size_t payload = 0;
};
Head head_of(std::string_view bytes) {
  if (bytes.size() < 2) return {};
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::size_t length = at(1) & 0x7FU;
  const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < 2 + extended) return {};
  Head head{2 + extended, extended == 0 ? length : 0};
  for (std::size_t i = 0; i < extended; ++i) head.payload = head.payload << 8U | at(2 + i);
  return head;
}

}  // namespace

void Sink::closed(Client& client, std::string_view why) {
  throw Failure("client " + std::to_string(client.number()) +
                " lost its connection: " + std::string(why));
}

SslContext make_client_context() {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // The certificate is the server's own affair here: the load is on loopback.
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

std::string framed(std::string_view text) {
  std::string out;
  append_frame(out, kText, text);
  return out;
}

Client::~Client() {
  drop();
}

void Client::connect(const Target& target) {
  drop();
  path_ = target.path;
  handshake_only_ = target.handshake_only;
  phase_ = Phase::connecting;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) throw Failure(std::string("socket: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(target.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (target.tls != nullptr) {
    ssl_.reset(SSL_new(target.tls));
    SSL_set_fd(ssl_.get(), socket_);
    SSL_set_connect_state(ssl_.get());
    // A copy: OpenSSL lets a session of TLS 1.3 be used once.
    const SslSession session(target.session ? SSL_SESSION_dup(target.session) : nullptr);
    if (session) SSL_set_session(ssl_.get(), session.get());
  }
  const int result = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to);
  if (result != 0 && errno != EINPROGRESS) {
    throw Failure(std::string("connect: ") + std::strerror(errno));
  }
  waiting_for_room_ = true;
  poller_.watch(*this, socket_, true);
}

void Client::drop() {
  if (socket_ < 0) return;
  ++life_;
  poller_.forget(*this, socket_);
  // A reset leaves no TIME_WAIT behind: ports would run out within seconds.
  const linger reset{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(std::exchange(socket_, -1));
  // Without it OpenSSL would take the session for broken and refuse to resume it.
  if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  ssl_.reset();
  output_.clear();
  std::string().swap(partial_);
}

void Client::fail(std::string_view why) {
  drop();
  sink_.closed(*this, why);
}

void Client::send(std::string_view text) {
  if (output_.empty()) poller_.wants_to_write(*this);
  append_frame(output_, kText, text);
}

void Client::send_framed(std::string_view frame) {
  if (output_.empty()) poller_.wants_to_write(*this);
  output_.append(frame);
}

void Client::wait_for_room(bool wanted) {
  if (std::exchange(waiting_for_room_, wanted) != wanted) poller_.change(*this, socket_, wanted);
}

void Client::flush() {
  if (socket_ < 0 || phase_ == Phase::connecting || phase_ == Phase::handshake) return;
  while (!output_.empty()) {
    long sent = 0;
    if (ssl_) {
      ERR_clear_error();
      sent = SSL_write(ssl_.get(), output_.data(), static_cast<int>(output_.size()));
      if (sent <= 0) {
        const int error = SSL_get_error(ssl_.get(), static_cast<int>(sent));
        if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) return fail("TLS write");
        return wait_for_room(true);
      }
    } else {
      sent = ::send(socket_, output_.data(), output_.size(), MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno == EAGAIN) return wait_for_room(true);
        return fail(std::strerror(errno));
      }
    }
    output_.erase(0, static_cast<std::size_t>(sent));
  }
  wait_for_room(false);
}

bool Client::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    wait_for_room(error == SSL_ERROR_WANT_WRITE);
  } else {
    fail("TLS handshake");
  }
  return false;
}

void Client::established() {
  if (handshake_only_) {
    phase_ = Phase::open;
    wait_for_room(false);
    return sink_.opened(*this);
  }
  phase_ = Phase::upgrade;
  std::string request = "GET " + path_ +
                        " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "Sec-WebSocket-Protocol: conclave.v1\r\n\r\n";
  output_ = std::move(request);
  flush();
}

void Client::ready(bool writable, std::vector<char>& input) {
  if (phase_ == Phase::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(std::strerror(error));
    if (!writable) return;
    phase_ = Phase::handshake;
    if (!ssl_) return established();
  }
  if (phase_ == Phase::handshake) {
    if (handshake()) established();
    return;
  }
  const std::uint32_t life = life_;
  if (writable) flush();
  if (life == life_ && socket_ >= 0) read(input);
}

long Client::receive(char* into, std::size_t room) {
  if (!ssl_) return ::recv(socket_, into, room, 0);
  std::size_t got = 0;
  ERR_clear_error();
  while (got < room) {
    const int wanted = static_cast<int>(room - got);
    const int result = SSL_read(ssl_.get(), into + got, wanted);
    if (result > 0) {
      got += static_cast<std::size_t>(result);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (got > 0) break;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      errno = EAGAIN;
      return -1;
    }
    return 0;
  }
  return static_cast<long>(got);
}

void Client::read(std::vector<char>& input) {
  const std::size_t kept = partial_.size();
  if (kept > 0) std::memcpy(input.data(), partial_.data(), kept);
  const long got = receive(input.data() + kept, input.size() - kept);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return fail(got == 0 ? "end of stream" : std::strerror(errno));
  const std::uint32_t life = life_;
  const std::string_view rest = take_frames({input.data(), kept + static_cast<std::size_t>(got)});
  if (life != life_) return;
  partial_.assign(rest);
}

std::string_view Client::take_upgrade(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return bytes;
  if (!bytes.starts_with("HTTP/1.1 101")) {
    fail(bytes.substr(0, bytes.find('\r')));
    return {};
  }
  phase_ = Phase::open;
  const std::uint32_t life = life_;
  sink_.opened(*this);
  return life == life_ ? take_frames(bytes.substr(end + 4)) : std::string_view();
}

std::string_view Client::take_frames(std::string_view bytes) {
  if (phase_ == Phase::upgrade) return take_upgrade(bytes);
  const std::uint32_t life = life_;
  while (true) {
    const Head head = head_of(bytes);
    if (head.header == 0 || bytes.size() < head.header + head.payload) return bytes;
    const auto opcode = static_cast<std::uint8_t>(bytes[0]) & 0x0FU;
    const std::string_view payload = bytes.substr(head.header, head.payload);
    if (opcode == kText) {
      sink_.frame(*this, payload);
    } else {
      control(static_cast<std::uint8_t>(opcode), payload);
    }
    if (life != life_) return {};
    bytes.remove_prefix(head.header + head.payload);
  }
}

void Client::control(std::uint8_t opcode, std::string_view payload) {
  if (opcode == kPing) {
    if (output_.empty()) poller_.wants_to_write(*this);
    append_frame(output_, kPong, payload);
  } else if (opcode == kClose) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(payload[i]); };
    const int code = payload.size() < 2 ? 1005 : at(0) << 8 | at(1);
    fail("closed with " + std::to_string(code) + " " +
         std::string(payload.size() < 2 ? "" : payload.substr(2)));
  }
}

client::Binding Client::binding() const {
  if (!ssl_) return {"loopback", {}};
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  Bytes value(32);
  SSL_export_keying_material(ssl_.get(), value.data(), value.size(), kLabel.data(), kLabel.size(),
                             nullptr, 0, 0);
  return {"tls-exporter", value};
}

SslSession Client::take_session() {
  return SslSession(ssl_ ? SSL_get1_session(ssl_.get()) : nullptr);
}

bool Client::session_was_resumed() const {
  return ssl_ && SSL_session_reused(ssl_.get()) == 1;
}

}  // namespace conclave::load
