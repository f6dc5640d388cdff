#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/async/blocking_pool.hpp"
#include "runtime/config/config.hpp"
#include "runtime/config/state_paths.hpp"
#include "runtime/doors/http/http_door.hpp"
#include "runtime/doors/native/door.hpp"
#include "runtime/server/domain.hpp"
#include "runtime/server/token_probe.hpp"

namespace conclave::server {

// The doors of one process over one domain.
class Doors {
 public:
  struct Parts {
    const config::Config& config;
    const config::StatePaths& paths;
    std::string fences;  // in words
    store::ContentStore& store;
    hsm::api::KeyService& keys;
    const TokenProbe& token;
    const observe::LogFile* log;  // null when standard error is no file
    const evidence::Sources& location;
    observe::Metrics& metrics;
    std::vector<boost::asio::any_io_executor> io;
    boost::asio::any_io_executor shard;
  };
  explicit Doors(Parts parts);

  // The domain has started: from now on the doors can serve. On the shard's thread, once.
  void open(Domain& domain);
  void set_started() { http_->set_started(); }
  void set_draining() { http_->set_draining(); }
  // Finishes requests in flight; `done` is called on the shard's thread.
  void close(std::function<void()> done);

  [[nodiscard]] chat::PressureGate& gate() { return native_; }
  [[nodiscard]] wire::HttpDoor& http() { return *http_; }
  [[nodiscard]] wire::WebSocketDoor& native() { return native_; }

 private:
  Parts parts_;
  async::BlockingPool files_;
  doors::native::NativeDoor native_;
  std::unique_ptr<doors::http::HttpDoor> http_;  // from open() on
};

}  // namespace conclave::server
