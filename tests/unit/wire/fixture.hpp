#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/observe/metrics.hpp"
#include "runtime/wire/server.hpp"

namespace conclave::wire::test {

// What happened at the door, for the test's thread to wait for.
class Journal {
 public:
  void add(std::string line);
  // Waits (bounded) until a line with this beginning is there; returns the whole line.
  [[nodiscard]] std::optional<std::string> wait_for(std::string_view beginning);
  [[nodiscard]] std::size_t count(std::string_view beginning);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

// Answers each message with itself; "burst N" with N frames of 1 KiB until the queue refuses;
// "close" closes with 1000; "pause" stops reading until the next "resume" of the test.
class EchoDoor : public WebSocketDoor {
 public:
  explicit EchoDoor(Journal& journal, std::string name = "echo.v1")
      : journal_(journal), name_(std::move(name)) {}
  std::string_view subprotocol() const override { return name_; }
  std::unique_ptr<WebSocketHandler> accept(const Peer& peer) override;

  std::atomic<bool> shed{false};
  std::atomic<WebSocket*> last{nullptr};

 private:
  Journal& journal_;
  std::string name_;
};

// Answers with method, target and body; on /peer with the peer's address, whether TCP ends at a
// proxy, and whether it counts as this machine; on /certificates with how many it presented and
// the leaf in hex.
class EchoHttp : public HttpDoor {
 public:
  void handle(HttpRequest request, HttpReply reply) override;
};

// A P-256 key and a self-signed certificate for it, made in memory.
struct MemoryIdentity {
  MemoryIdentity();
  TlsIdentity identity;
  [[nodiscard]] Result<hsm::tls::PrivateKey> key() const;
  // What the token would answer: a DER signature over the digest.
  [[nodiscard]] Result<Bytes> sign(ByteView digest) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

// A running server on free loopback ports: a plain listener, one with TLS, one that asks for
// certificates; one I/O thread.
class Running {
 public:
  // `signer`: the private key lies behind the token's seam; empty: in memory.
  // `proxies`: whom its listeners believe about addresses.
  explicit Running(const ServerLimits& limits = {}, hsm::tls::SignDigest signer = {},
                   const ListenAddress& proxies = {});
  ~Running();

  [[nodiscard]] std::uint16_t plain() const { return ports_[0]; }
  [[nodiscard]] std::uint16_t tls() const { return ports_[1]; }
  [[nodiscard]] std::uint16_t asking() const { return ports_[2]; }
  [[nodiscard]] Server& server() { return *server_; }
  // The value of a metric in the exposition, label text included in `name`; 0 when absent.
  [[nodiscard]] double metric(const std::string& name) const;
  // Waits (bounded) until `condition` holds.
  [[nodiscard]] static bool until(const std::function<bool()>& condition);
  void on_io(std::function<void()> work);

  Journal journal;
  EchoDoor door{journal};
  EchoDoor other_door{journal, "other.v1"};
  EchoHttp http;
  MemoryIdentity identity;

 private:
  observe::Metrics metrics_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<Server> server_;
  std::vector<std::uint16_t> ports_;
  std::thread thread_;
};

}  // namespace conclave::wire::test
