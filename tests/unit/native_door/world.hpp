#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/async/blocking_pool.hpp"
#include "runtime/doors/native/door.hpp"
#include "runtime/server/domain.hpp"
#include "tests/support/fake_key_service.hpp"

namespace conclave::tests {

// A WebSocket that keeps what is sent. `stuck`: the client reads nothing.
class FakeSocket final : public wire::WebSocket {
 public:
  explicit FakeSocket(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {
    peer_.address = "127.0.0.1";
    peer_.loopback = true;
    peer_.host = "localhost";
  }

  [[nodiscard]] bool send(wire::SharedFrame frame) override;
  [[nodiscard]] std::size_t queued_bytes() const override { return queued; }
  void pause_reading() override { paused = true; }
  void resume_reading() override { paused = false; }
  void close(wire::CloseCode code, std::string_view) override {
    if (!closed) closed = static_cast<std::uint16_t>(code);
  }
  [[nodiscard]] const wire::Peer& peer() const override { return peer_; }
  [[nodiscard]] std::int64_t round_trip_us() const override { return 0; }
  void measure_round_trip() override { ++measured; }
  [[nodiscard]] boost::asio::any_io_executor executor() const override { return executor_; }

  std::vector<wire::SharedFrame> sent;
  std::size_t queued = 0;
  std::size_t limit = 256 * 1024;
  bool stuck = false;
  int measured = 0;
  bool paused = false;
  std::optional<std::uint16_t> closed;

 private:
  boost::asio::any_io_executor executor_;
  wire::Peer peer_;
};

class World;

// A device of a person with an Ed25519 key, on a fake socket. Every answer and event that comes is
// held to the schema.
class Client {
 public:
  explicit Client(World& world, std::string account = "ann@demo.example");
  ~Client();
  Client(Client&&) = delete;

  void connect();
  void disconnect();  // the connection is lost
  [[nodiscard]] boost::json::object hello();

  // Sends and waits for the answer: the result, or the error object.
  boost::json::object call(std::string_view method, const boost::json::object& params = {});
  boost::json::object fail(std::string_view method, const boost::json::object& params = {});
  // Sends without waiting; the id to wait for.
  std::int64_t send(std::string_view method, const boost::json::object& params);
  boost::json::object answer_to(std::int64_t id);
  void raw(std::string_view text) { handler_->on_message(text); }

  boost::json::object enrol(std::string_view password = "correct horse battery");
  boost::json::object prove();
  // The parameters of session.enrol, ready to be broken by a test.
  [[nodiscard]] boost::json::object enrol_params(
      std::string_view password = "correct horse battery");

  // Waits for the next event of that name and takes it.
  boost::json::object event(std::string_view name);
  // Takes what has come; true when an event of that name is among it.
  [[nodiscard]] bool has_event(std::string_view name);
  // The newest frame without an id of ours (an error that names no request).
  boost::json::object stray();

  std::unique_ptr<FakeSocket> socket;
  std::string device;
  wire::WebSocketHandler& handler() { return *handler_; }

 private:
  void take_frames();
  void hold_to_schema(const boost::json::object& frame);
  [[nodiscard]] std::string sign(std::string_view purpose, const Bytes& nonce_c) const;

  World& world_;
  std::string account_;
  Bytes public_key_;
  Bytes secret_key_;
  std::unique_ptr<wire::WebSocketHandler> handler_;
  std::size_t taken_ = 0;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, std::string> methods_;
  std::map<std::int64_t, boost::json::object> answers_;
  std::vector<boost::json::object> events_;
  std::vector<boost::json::object> strays_;
  boost::json::object hello_;
};

// A shard with its domain on one loop, which runs while a test waits. Tenant demo.example with
// ann, bob and cyd.
class World {
 public:
  explicit World(doors::native::Limits limits = {}, std::size_t connections_per_tenant = 100);
  ~World();

  // Runs the loop until `done`; fails the test after ten seconds.
  void run_until(const std::function<bool()>& done);
  // Runs what is ready.
  void settle();
  // The id of ann, bob or cyd as text.
  [[nodiscard]] boost::json::value user(std::string_view name) const;

  boost::asio::io_context io;
  observe::Metrics metrics;
  conclave::testing::FakeKeyService keys;
  std::filesystem::path folder;
  config::Config config;
  evidence::Sources location{{}, base::system_clock()};
  std::unique_ptr<store::ContentStore> store;
  async::BlockingPool argon2{"argon2", 1, 64};
  std::unique_ptr<doors::native::NativeDoor> door;
  std::unique_ptr<server::Domain> domain;
  TenantId tenant;

 private:
  template <class T>
  T run(Task<T> task);

  std::optional<config::StatePaths> paths_;
};

}  // namespace conclave::tests
