#include "runtime/server/conclaved.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <future>
#include <optional>

#include "hsm/api/key_client.hpp"
#include "runtime/async/blocking_pool.hpp"
#include "runtime/async/deadline.hpp"
#include "runtime/async/task_group.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/server/domain.hpp"
#include "runtime/server/doors.hpp"
#include "runtime/server/location_files.hpp"
#include "runtime/server/log_watch.hpp"
#include "runtime/server/ports_file.hpp"
#include "runtime/server/threads.hpp"
#include "runtime/server/tls_identity.hpp"
#include "runtime/server/token_probe.hpp"
#include "runtime/store/sqlite_content_store.hpp"

namespace conclave::server {
namespace {

constexpr std::size_t kArgon2QueueLimit = 256;
// A certificate that keyd issued is replaced well before its 90 days are over.
constexpr std::chrono::hours kCertificateRenewal{24 * 30};

std::vector<wire::ListenAddress> listen_addresses(const config::Config& config) {
  std::vector<wire::ListenAddress> out;
  for (const config::Listen& listen : config.listen) {
    // The schema has checked that all of them are networks.
    out.push_back({listen.address, listen.port, listen.tls,
                   network::TrustedProxies::parse(listen.proxy_protocol_from).value(),
                   listen.proxy_strangers,
                   network::TrustedProxies::parse(listen.forwarded_for_from).value(),
                   listen.client_certificates});
  }
  return out;
}

wire::ServerLimits wire_limits(const config::Config& config) {
  const config::Limits& limits = config.limits;
  using std::chrono::milliseconds;
  wire::ServerLimits out;
  out.frame_bytes = limits.frame_bytes;
  out.http_body_bytes = limits.http_body_bytes;
  out.http_header_bytes = limits.http_header_bytes;
  out.send_queue_bytes = limits.send_queue_bytes;
  out.connections = limits.connections;
  out.connections_per_address = limits.connections_per_address;
  out.handshakes_at_once = limits.handshakes_at_once;
  out.handshake_threads = config.threads.handshakes;
  out.new_connections_per_address_per_s = limits.new_connections_per_address_per_s;
  out.handshake = milliseconds(limits.handshake_ms);
  out.idle = milliseconds(limits.idle_ms);
  out.ping_after = milliseconds(limits.ping_after_ms);
  out.write = milliseconds(limits.write_ms);
  return out;
}

store::SqliteStoreOptions store_options(const config::Config& config,
                                        const config::StatePaths& paths,
                                        observe::Metrics& metrics) {
  store::SqliteStoreOptions options;
  options.folder = paths.content_dir;
  options.readers = static_cast<unsigned>(config.threads.readers);
  options.metrics = &metrics;
  options.hard_entries = config.store.journal_entries;
  options.hard_age = std::chrono::milliseconds(config.store.journal_drain_ms);
  return options;
}

}  // namespace

struct Conclaved::State {
  State(config::Config c, confine::ConfineReport f, std::optional<observe::LogFile> l)
      : config(std::move(c)), paths(config.state), fences(std::move(f)), log(std::move(l)) {}

  Result<void> build();
  [[nodiscard]] Task<void> start();
  [[nodiscard]] Task<Result<void>> open_doors();
  [[nodiscard]] Task<void> renew_certificate();
  void fail_start(Error error);
  void tear_down();
  // Both run on the shard and block the main thread until `done` was called, the task has ended.
  void wait_on_shard(std::function<void(std::function<void()> done)> work);
  void run_on_shard(Task<void> task);

  config::Config config;
  config::StatePaths paths;
  confine::ConfineReport fences;
  std::optional<observe::LogFile> log;
  observe::Metrics metrics;
  boost::asio::io_context control{1};  // the main thread: signals
  std::optional<Error> start_error;

  std::unique_ptr<store::ContentStore> store;
  std::unique_ptr<hsm::api::KeyService> keys;
  std::unique_ptr<async::BlockingPool> argon2;
  std::unique_ptr<Threads> threads;
  std::unique_ptr<async::TaskGroup> tasks;  // on the shard
  std::unique_ptr<TokenProbe> token;
  std::unique_ptr<LogWatch> log_watch;  // null without a log file
  std::unique_ptr<LocationFiles> location;
  std::unique_ptr<Domain> domain;
  std::unique_ptr<Doors> doors;
  std::unique_ptr<wire::Server> server;
  bool stopping = false;  // on the shard
};

Conclaved::Conclaved(config::Config config, confine::ConfineReport fences,
                     std::optional<observe::LogFile> log)
    : state_(std::make_unique<State>(std::move(config), std::move(fences), std::move(log))) {}

Conclaved::~Conclaved() = default;

Result<void> Conclaved::run() {
  boost::asio::signal_set signals(state_->control, SIGTERM, SIGINT);
  signals.async_wait([this](const boost::system::error_code& error, int number) {
    if (!error) observe::info("server.stopping", {{"signal", number}});
    state_->control.stop();
  });
  CONCLAVE_TRY(state_->build());
  state_->tasks->spawn(state_->start());
  state_->control.run();
  state_->tear_down();
  if (state_->start_error) return std::unexpected(*state_->start_error);
  return {};
}

Result<void> Conclaved::State::build() {
  auto opened = store::open_sqlite_store(store_options(config, paths, metrics));
  if (!opened) return std::unexpected(std::move(opened).error());
  store = *std::move(opened);
  hsm::api::KeyClientOptions options;
  options.socket_path = paths.keyd_socket;
  options.call_deadline = std::chrono::milliseconds(config.keyd.deadline_ms * 2);
  keys = hsm::api::connect_key_service(std::move(options));
  argon2 =
      std::make_unique<async::BlockingPool>("argon2", config.threads.argon2, kArgon2QueueLimit);
  threads = std::make_unique<Threads>(config.threads.io);
  tasks = std::make_unique<async::TaskGroup>(threads->shard());
  token = std::make_unique<TokenProbe>(*keys, base::system_clock(), metrics);
  location = std::make_unique<LocationFiles>(config, base::system_clock(), metrics);
  doors = std::make_unique<Doors>(Doors::Parts{config, paths, fences.text(), *store, *keys, *token,
                                               log ? &*log : nullptr, location->sources(), metrics,
                                               threads->io(), threads->shard()});
  domain = std::make_unique<Domain>(Domain::Parts{config, paths, *store, *keys, *argon2, metrics,
                                                  threads->shard(), location->sources(),
                                                  &doors->gate()});
  return {};
}

void Conclaved::State::fail_start(Error error) {
  boost::asio::post(control, [this, error = std::move(error)] {
    start_error = error;
    control.stop();
  });
}

Task<void> Conclaved::State::start() {
  co_await location->load();
  auto result = co_await domain->start();
  if (result) result = co_await open_doors();
  if (!result) {
    if (!result.error().is(base::kShuttingDown)) fail_start(result.error());
    co_return;
  }
  observe::info("server.ready", {{"port", server->bound().front()}});
  tasks->spawn(renew_certificate());
  tasks->spawn(token->run());
  tasks->spawn(location->run());
  if (log) {
    log_watch = std::make_unique<LogWatch>(*log, domain->writer);
    tasks->spawn(log_watch->run());
  }
}

Task<Result<void>> Conclaved::State::open_doors() {
  wire::TlsIdentity identity;
  for (;;) {
    auto made = co_await make_tls_identity(*keys, config.tls);
    if (made) {
      identity = *std::move(made);
      break;
    }
    if (made.error().kind() != ErrorKind::unavailable) co_return std::unexpected(made.error());
    observe::warn("server.waiting_for_token", {{"error", made.error()}});
    co_await async::sleep_for(std::chrono::seconds(1));
    if (stopping) co_return fail(base::kShuttingDown);
  }
  doors->open(*domain);
  wire::Server::Parts parts;
  parts.io = threads->io();
  parts.listen = listen_addresses(config);
  parts.limits = wire_limits(config);
  parts.identity = std::move(identity);
  parts.keys = keys.get();
  parts.http = &doors->http();
  parts.doors = {&doors->native()};
  parts.metrics = &metrics;
  auto opened = wire::Server::open(std::move(parts));
  if (!opened) co_return std::unexpected(std::move(opened).error());
  server = *std::move(opened);
  server->start();
  doors->set_started();
  co_return write_ports_file(paths.ports, listen_addresses(config), server->bound());
}

Task<void> Conclaved::State::renew_certificate() {
  if (!config.tls.certificate_file.empty()) co_return;
  auto due = std::chrono::steady_clock::now() + kCertificateRenewal;
  while (!stopping) {
    co_await async::sleep_for(std::chrono::seconds(1));
    if (std::chrono::steady_clock::now() < due) continue;
    if (auto identity = co_await make_tls_identity(*keys, config.tls)) {
      if (auto replaced = server->replace_identity(*std::move(identity)); !replaced) {
        observe::error("tls.certificate_refused", {{"error", replaced.error()}});
      }
      due = std::chrono::steady_clock::now() + kCertificateRenewal;
    }
  }
}

void Conclaved::State::wait_on_shard(std::function<void(std::function<void()>)> work) {
  // Shared with the shard's thread, which may still be inside set_value() when the wait is over.
  auto ended = std::make_shared<std::promise<void>>();
  boost::asio::post(threads->shard(),
                    [ended, work = std::move(work)] { work([ended] { ended->set_value(); }); });
  ended->get_future().wait();
}

void Conclaved::State::run_on_shard(Task<void> task) {
  auto group = std::make_unique<async::TaskGroup>(threads->shard());
  wait_on_shard([&](std::function<void()> done) {
    group->spawn(std::move(task));
    group->close(std::move(done));
  });
  wait_on_shard([&](std::function<void()> done) {
    group.reset();
    done();
  });
}

void Conclaved::State::tear_down() {
  std::error_code ignored;
  std::filesystem::remove(paths.ports, ignored);
  if (server) {
    doors->set_draining();
    wait_on_shard([this](std::function<void()> done) {
      domain->hub.publish_to_all(
          sync::Draining{.reconnect_in_ms = static_cast<std::int64_t>(config.limits.drain_ms)});
      done();
    });
    auto drained = std::make_shared<std::promise<void>>();
    server->drain(std::chrono::milliseconds(config.limits.drain_ms),
                  [drained] { drained->set_value(); });
    drained->get_future().wait();
  }
  wait_on_shard([this](std::function<void()> done) {
    stopping = true;
    token->stop();
    location->stop();
    if (log_watch) log_watch->stop();
    if (server) return doors->close(std::move(done));
    done();
  });
  run_on_shard(domain->stop());
  wait_on_shard([this](std::function<void()> done) { tasks->close(std::move(done)); });
  argon2->stop();
  location->join();
  store->close();
  threads->finish();
  server.reset();  // its connections live on the I/O threads, which have ended
  doors.reset();
  domain.reset();
  location.reset();
  keys.reset();
  observe::info("server.stopped");
}

}  // namespace conclave::server
