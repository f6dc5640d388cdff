#include "runtime/launcher/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "runtime/launcher/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::launcher {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{200};

Result<Descriptor> open_pin(const std::filesystem::path& path) {
  Descriptor pin(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!pin.valid()) return fail(kPinUnreadable, path.string() + ": " + std::strerror(errno));
  struct stat info {};
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if (::fstat(pin.get(), &info) != 0 || !S_ISREG(info.st_mode) || (info.st_mode & kOthers) != 0) {
    return fail(kPinUnreadable, path.string() + " is open to others than its owner");
  }
  return pin;
}

Descriptor watch_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

Supervisor::Supervisor(Plan plan)
    : plan_(std::move(plan)),
      keyd_{"conclave-keyd", {}, RestartPolicy(plan_.keyd_backoff), {}},
      server_{"conclaved", {}, RestartPolicy(plan_.server_backoff), {}} {}

Result<void> Supervisor::start_keyd() {
  // Opened for each life: the descriptor's place in the file is the reader's.
  auto pin = open_pin(plan_.pin_file);
  if (!pin) return std::unexpected(std::move(pin).error());
  return keyd_.child.start(
      {.program = plan_.keyd_program,
       .arguments = {"--config", plan_.config_file.string(), "--online-fd",
                     std::to_string(plan_.online_socket.get()), "--ceremony-fd",
                     std::to_string(plan_.ceremony_socket.get()), "--pin-fd",
                     std::to_string(pin->get()), "--die-with-parent"},
       .keep = {plan_.online_socket.get(), plan_.ceremony_socket.get(), pin->get()}});
}

Result<void> Supervisor::start_server() {
  return server_.child.start({.program = plan_.server_program,
                              .arguments = {"--config", plan_.config_file.string()},
                              .keep = {}});
}

int Supervisor::run() {
  signals_ = watch_signals();
  began_ = Clock::now();
  keyd_.due = server_.due = began_;
  while (!finished()) {
    start_due();
    if (finished()) break;
    pollfd watched{signals_.get(), POLLIN, 0};
    if (::poll(&watched, 1, poll_timeout_ms()) > 0) read_signals();
    if (stopping_) go_on_stopping();
  }
  observe::info("launcher.ended", {{"status", exit_status_}});
  return exit_status_;
}

void Supervisor::start_due() {
  const auto now = Clock::now();
  for (Ward* ward : {&keyd_, &server_}) {
    const bool wanted = !stopping_ || (ward == &keyd_ && server_needs_keyd());
    if (wanted && ward->due && *ward->due <= now) start_or_retry(*ward);
  }
}

void Supervisor::start_or_retry(Ward& ward) {
  ward.due.reset();
  auto started = &ward == &keyd_ ? start_keyd() : start_server();
  if (started) {
    observe::info("launcher.started", {{"program", ward.name}, {"pid", ward.child.pid()}});
    return;
  }
  observe::error("launcher.not_started", {{"program", ward.name},
                                          {"error", started.error()},
                                          {"advice", started.error().spec().advice}});
  // A missing program or PIN at the start is a mistake to be told; later it may come back.
  if (Clock::now() - began_ < plan_.settling) return begin_stop(kExitConfiguration);
  ward.due = Clock::now() + ward.policy.after_exit(std::nullopt, {}).value_or(kFirstRetry);
}

void Supervisor::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    switch (static_cast<int>(info.ssi_signo)) {
      case SIGCHLD:
        reap();
        break;
      case SIGHUP:
        if (!stopping_ && !keyd_.child.running()) keyd_.due = Clock::now();
        break;
      default:
        if (stopping_) {
          observe::warn("launcher.stopped_hard");
          keyd_told_ = true;  // nobody needs it any more
          kill_keyd_at_ = Clock::now();
          server_.child.signal(SIGKILL);
          keyd_.child.signal(SIGKILL);
        } else {
          begin_stop(0);
        }
    }
  }
}

// One SIGCHLD may stand for several deaths.
void Supervisor::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    for (Ward* ward : {&keyd_, &server_}) {
      if (ward->child.pid() != pid) continue;
      ward->child.ended(status);
      ended(*ward);
      break;
    }
  }
}

void Supervisor::ended(Ward& ward) {
  const Child& child = ward.child;
  observe::Fields fields = {{"program", ward.name},
                            {"status", child.exit_code().value_or(-1)},
                            {"signal", child.signal_number()},
                            {"lived_ms", child.lived().count()}};
  if (stopping_) {
    observe::info("launcher.child_ended", fields);
    const bool needed = &ward == &keyd_ && server_needs_keyd();
    const auto pause = ward.policy.after_exit(child.exit_code(), child.lived());
    if (needed && pause) ward.due = Clock::now() + *pause;
    return;
  }
  observe::warn("launcher.child_ended", fields);
  if (const auto pause = ward.policy.after_exit(child.exit_code(), child.lived())) {
    ward.due = Clock::now() + *pause;
    return;
  }
  const bool settling = Clock::now() - began_ < plan_.settling;
  if (&ward == &server_ || settling) return begin_stop(kExitConfiguration);
  observe::error("launcher.keyd_refused",
                 {{"advice",
                   "conclave-keyd cannot use its configuration or PIN and is not tried "
                   "again, to save PIN attempts. Mend it, then send SIGHUP to the "
                   "launcher or start it anew."}});
}

// conclaved still stores what has to be sealed first.
bool Supervisor::server_needs_keyd() const {
  return server_.child.running() && !keyd_told_;
}

void Supervisor::begin_stop(int exit_status) {
  if (stopping_) return;
  stopping_ = true;
  exit_status_ = exit_status;
  server_.due.reset();
  observe::info("launcher.stopping", {{"status", exit_status}});
  server_.child.signal(SIGTERM);
  kill_server_at_ = Clock::now() + plan_.server_grace;
  go_on_stopping();
}

// keyd goes last: conclaved seals what it still has to store.
void Supervisor::go_on_stopping() {
  const auto now = Clock::now();
  if (server_.child.running()) {
    if (now >= *kill_server_at_) server_.child.signal(SIGKILL);
    return;
  }
  if (!keyd_told_) {
    keyd_told_ = true;
    keyd_.due.reset();
    keyd_.child.signal(SIGTERM);
    kill_keyd_at_ = now + plan_.keyd_grace;
  }
  if (keyd_.child.running() && now >= *kill_keyd_at_) keyd_.child.signal(SIGKILL);
}

int Supervisor::poll_timeout_ms() const {
  // While stopping, the clock is looked at often enough; otherwise only a planned start wakes us.
  constexpr int kStoppingMs = 100;
  if (stopping_) return kStoppingMs;
  std::optional<Clock::time_point> next;
  for (const Ward* ward : {&keyd_, &server_}) {
    if (ward->due && (!next || *ward->due < *next)) next = ward->due;
  }
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

bool Supervisor::finished() const {
  return stopping_ && !server_.child.running() && !keyd_.child.running();
}

}  // namespace conclave::launcher
