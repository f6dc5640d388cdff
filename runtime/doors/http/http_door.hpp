#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/admission/sign_in.hpp"
#include "runtime/async/blocking_pool.hpp"
#include "runtime/async/task_group.hpp"
#include "runtime/audit/anchor.hpp"
#include "runtime/authorities/authorities.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/changes/changes.hpp"
#include "runtime/evidence/sources.hpp"
#include "runtime/factors/factors.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/identity/administration.hpp"
#include "runtime/identity/bootstrap.hpp"
#include "runtime/observe/log_file.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/rules/book.hpp"
#include "runtime/orders/orders.hpp"
#include "runtime/store/content_store.hpp"
#include "runtime/wire/http.hpp"

namespace conclave::doors::http {

// One reason to be ready or not. `check` reads a cached state: it never blocks, and any thread may
// call it. An error says what is wrong and what to do; one that is only `told` leaves the server
// ready (it serves, and somebody should look).
struct ReadyCheck {
  std::string name;
  std::function<Result<void>()> check;
  bool told = false;
};

// What GET /api/v1/status tells of the process itself.
struct ServerFacts {
  std::string name;
  std::string version;
  std::string fences;  // which fences stand, in one line (confine::ConfineReport)
  std::filesystem::path backup_dir;
};

struct Limits {
  double calls_per_device_per_s = 25;
  double calls_per_device_burst = 150;
  double sign_ins_per_address_per_s = 100;  // hello, enrol, prove, setup
  double sign_ins_per_address_burst = 400;
  std::size_t in_flight = 256;            // requests of all; more are answered 503
  std::int64_t proof_window_ms = 60'000;  // how far a proof's time may be off
};

// What handlers of requests work on; all of it lives on the shard's thread.
struct Services {
  identity::Directory& directory;
  identity::Sessions& sessions;
  admission::SignIn& sign_in;
  admission::Doorkeeper& doorkeeper;
  admission::Recovery& recovery;
  identity::Account& account;
  factors::Factors& factors;
  identity::Administration& administration;
  identity::Bootstrap& bootstrap;
  identity::RoomAdministration& rooms;
  rules::Book& rules;
  changes::Changes& changes;
  identity::RowWriter& writer;
  audit::Trail& trail;
  audit::Anchor& anchor;
  hsm::api::KeyService& keys;
  store::ContentStore& store;
  const base::Clock& clock;
  async::BlockingPool& files;   // short reads and writes of files
  const observe::LogFile* log;  // null when standard error is no file
  orders::Orders& orders;
  orders::Bans& bans;
  authorities::Authorities& authorities;
  const evidence::Sources* location = nullptr;  // what addresses are looked up in
};

// The management API (/api/v1, OpenAPI in sdk/protocol/openapi.json), sign-in over HTTPS, and what
// watches a process: /livez, /readyz, /startupz, /metrics (loopback only).
//
// handle() may be called on any thread; requests of the API run as coroutines on the shard's.
class HttpDoor final : public wire::HttpDoor {
 public:
  struct Parts {
    Services services;
    observe::Metrics& metrics;
    boost::asio::any_io_executor shard;
    std::vector<ReadyCheck> checks;
    ServerFacts facts;
    Limits limits;
  };
  explicit HttpDoor(Parts parts);
  ~HttpDoor() override;

  void handle(wire::HttpRequest request, wire::HttpReply reply) override;

  // Any thread. /startupz is green from set_started() on; /readyz while not draining and all checks
  // pass.
  void set_started() { started_ = true; }
  void set_draining() { draining_ = true; }
  // On the shard's thread: refuses new requests; `drained` is called once the last one has ended.
  void close(std::function<void()> drained);

 private:
  class Guard;  // bearer tokens, proofs, rates

  [[nodiscard]] bool answer_probe(const wire::HttpRequest& request, wire::HttpReply& reply) const;
  [[nodiscard]] wire::HttpResponse readiness() const;
  // `reply` is shared with the caller, which answers itself when no task may start any more.
  [[nodiscard]] Task<void> serve(wire::HttpRequest request, std::shared_ptr<wire::HttpReply> reply);
  [[nodiscard]] Result<void> within_restriction(const identity::Actor& actor,
                                                std::string_view like) const;
  [[nodiscard]] Task<wire::HttpResponse> respond(wire::HttpRequest request);

  Parts parts_;
  std::unique_ptr<Guard> guard_;
  async::TaskGroup tasks_;
  std::atomic<bool> started_{false};
  std::atomic<bool> draining_{false};
  std::atomic<std::size_t> in_flight_{0};
  observe::Counter requests_;
  observe::Counter shed_;
};

}  // namespace conclave::doors::http
