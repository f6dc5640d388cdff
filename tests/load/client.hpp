#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/client/binding.hpp"
#include "tests/load/poller.hpp"

namespace conclave::load {

class Client;

// Who a client tells what happens.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void opened(Client&) {}  // the WebSocket stands
  virtual void frame(Client& client, std::string_view text) = 0;
  virtual void closed(Client& client, std::string_view why);  // throws, unless overridden
};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSsl>;
using SslSession = std::unique_ptr<SSL_SESSION, FreeSsl>;

[[nodiscard]] SslContext make_client_context();

struct Target {
  std::uint16_t port = 0;
  SSL_CTX* tls = nullptr;          // null: plain
  SSL_SESSION* session = nullptr;  // to resume
  std::string_view path = "/ws";
  bool handshake_only = false;  // opened() is called after the TLS handshake
};

// A lean WebSocket client: frames are masked with zeros, so that what is sent once can be sent
// again as it is, and what arrives is looked at where the kernel put it.
class Client {
 public:
  Client(Poller& poller, Sink& sink, std::size_t number)
      : poller_(poller), sink_(sink), number_(number) {}
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void connect(const Target& target);
  // As a lost network does it: a reset, no closing handshake.
  void drop();

  void send(std::string_view text);
  void send_framed(std::string_view frame);

  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] bool connected() const { return socket_ >= 0; }
  [[nodiscard]] client::Binding binding() const;
  [[nodiscard]] SslSession take_session();
  [[nodiscard]] bool session_was_resumed() const;

 private:
  friend class Poller;
  enum class Phase { connecting, handshake, upgrade, open };

  void ready(bool writable, std::vector<char>& input);
  void flush();
  void established();
  bool handshake();
  void read(std::vector<char>& input);
  [[nodiscard]] long receive(char* into, std::size_t room);
  // What is left of `bytes` when all whole frames are handled.
  std::string_view take_frames(std::string_view bytes);
  std::string_view take_upgrade(std::string_view bytes);
  void control(std::uint8_t opcode, std::string_view payload);
  void fail(std::string_view why);
  void wait_for_room(bool wanted);

  Poller& poller_;
  Sink& sink_;
  std::size_t number_;
  int socket_ = -1;
  std::uint32_t life_ = 0;  // counts connections: a callback may have ended the present one
  Phase phase_ = Phase::connecting;
  bool handshake_only_ = false;
  bool waiting_for_room_ = false;
  std::string path_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string output_;
  std::string partial_;
};

// A text frame of a client with a mask of zeros.
[[nodiscard]] std::string framed(std::string_view text);

}  // namespace conclave::load
