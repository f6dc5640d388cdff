#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "hsm/keyd/errors.hpp"
#include "hsm/keyd/only_one.hpp"
#include "hsm/keyd/server.hpp"
#include "hsm/keyd/setup.hpp"
#include "hsm/keyd/softhsm_files.hpp"
#include "hsm/keyd/watchdog.hpp"
#include "hsm/keyd/worker.hpp"
#include "runtime/confine/confine.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/store/sqlite/errors.hpp"

namespace conclave::hsm::keyd {
namespace {

int refuse(const Error& error) {
  observe::error("keyd.cannot_start", {{"error", error}});
  std::fprintf(stderr, "conclave-keyd: %s\n%s\n", error.text().c_str(),
               std::string(error.spec().advice).c_str());
  return error.is(kKeydRunning) ? kExitRecycle : kExitConfiguration;
}

// A full disk or a file that somebody else holds passes; a damaged or foreign one does not.
int refuse_keyring(const Error& error) {
  const int status = refuse(error);
  return error.is(store::sqlite::kDatabaseFull) || error.is(store::sqlite::kDatabaseBusy) ||
                 error.is(store::sqlite::kDatabaseFailed)
             ? kExitRecycle
             : status;
}

observe::LogLevel log_level(std::string_view name) {
  if (name == "debug") return observe::LogLevel::debug;
  if (name == "warning") return observe::LogLevel::warning;
  if (name == "error") return observe::LogLevel::error;
  return observe::LogLevel::info;
}

Result<Server::Sockets> sockets_of(const Options& options) {
  Server::Sockets out{options.online_fd, options.ceremony_fd,
                      options.peer_uid.value_or(::getuid())};
  if (out.online < 0) {
    const auto made = listen_at(options.paths.keyd_socket);
    if (!made) return std::unexpected(made.error());
    out.online = *made;
  }
  if (out.ceremony < 0) {
    const auto made = listen_at(options.paths.ceremony_socket);
    if (!made) return std::unexpected(made.error());
    out.ceremony = *made;
  }
  return out;
}

// Blocked in every thread started from here on; read from the descriptor by the server.
int block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

Result<void> fence(const Options& options) {
  confine::ConfineOptions fences;
  fences.profile = confine::Profile::keyd;
  fences.read = confine::system_read_paths();
  fences.read.push_back(options.config.keyd.module.parent_path());
  fences.read.push_back(options.config.file);
  fences.write = {options.paths.token_dir, options.paths.keyring_dir};
  const auto report = confine::confine(fences);
  if (!report) return std::unexpected(report.error());
  observe::info("keyd.fenced", {{"fences", report->text()}});
  return {};
}

int serve(const Options& options) {
  auto pin = read_pin(options);
  if (!pin) return refuse(pin.error());
  set_module_environment(options.paths);
  if (const auto alone = be_the_only_one(options.paths); !alone) return refuse(alone.error());
  if (const auto kept = keep_token_files(options.paths); !kept) return refuse(kept.error());
  const auto sockets = sockets_of(options);
  if (!sockets) return refuse(sockets.error());
  auto keyring =
      keyring::Keyring::open({options.paths.keyring_db, 1'024,
                              static_cast<std::int64_t>(options.config.keyd.epoch_grace_ms)});
  if (!keyring) return refuse_keyring(keyring.error());
  const auto serial = (*keyring)->file().meta(facts::kTokenSerial);
  if (!serial) return refuse_keyring(serial.error());
  if (!*serial) return refuse(Error(kKeydConfiguration, "run conclave-keyd init first"));
  const int signals = block_signals();
  if (const auto fenced = fence(options); !fenced) return refuse(fenced.error());

  pkcs11::CallWatch watch;
  TokenKeeper keeper(options, std::move(*pin), **serial, watch);
  Usage usage;
  Service service(options, keeper, **keyring, usage, base::system_clock());
  WorkQueue queue;
  Server server(*sockets, keeper, queue);
  const Watchdog watchdog(watch, std::chrono::milliseconds(options.config.keyd.deadline_ms));
  Worker worker(service, queue, {[&](int status) { server.stop(status); }, [&] { server.wake(); }});
  const int status = server.run(signals);
  worker.finish();
  observe::info("keyd.stopped", {{"status", status}});
  return status;
}

Result<void> carry_out(const Options& chosen) {
  switch (chosen.command) {
    case Command::init:
      return initialise(chosen);
    case Command::clear_refusal:
      return TokenKeeper::clear_refusal(chosen.paths);
    case Command::reset_anchor:
      return accept_older_store(chosen);
    case Command::serve:
      break;
  }
  return {};
}

int run(int argc, char** argv) {
  const auto options = read_options(argc, argv);
  observe::start_log("conclave-keyd", options && *options ? log_level((*options)->config.log.level)
                                                          : observe::LogLevel::info);
  if (!options) return refuse(options.error());
  if (!*options) return 0;
  const auto& chosen = **options;
  // Before any secret is in memory.
  const auto hardened = confine::harden_process({chosen.die_with_parent, true});
  if (!hardened) return refuse(hardened.error());
  if (chosen.command == Command::serve) return serve(chosen);
  const auto done = carry_out(chosen);
  return done ? 0 : refuse(done.error());
}

}  // namespace
}  // namespace conclave::hsm::keyd

int main(int argc, char** argv) {
  const int status = conclave::hsm::keyd::run(argc, argv);
  std::fflush(stdout);
  // Not exit(): modules and OpenSSL have crashed in each other's handlers there.
  ::_exit(status);
}
