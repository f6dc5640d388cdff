#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "runtime/launcher/child.hpp"
#include "runtime/launcher/descriptor.hpp"
#include "runtime/launcher/restart_policy.hpp"

namespace conclave::launcher {

// Keeps conclave-keyd and conclaved alive, and ends them in order. One thread.
//
// - keyd comes back at once, then with a growing pause; conclaved with a pause from the start.
// - Status 78 of either is not tried again. Within `settling` of the start it ends the launcher
// with
//   78. Later keyd's 78 leaves conclaved running (its readiness says why) until SIGHUP asks to try
//   again; conclaved's 78 ends the launcher.
// - SIGTERM or SIGINT: conclaved drains and ends, then keyd. A second one does not wait.
class Supervisor {
 public:
  struct Plan {
    std::filesystem::path config_file;
    std::filesystem::path keyd_program;
    std::filesystem::path server_program;
    std::filesystem::path pin_file;
    Descriptor online_socket;
    Descriptor ceremony_socket;
    std::chrono::milliseconds server_grace{15'000};  // from SIGTERM to SIGKILL
    std::chrono::milliseconds keyd_grace{5'000};
    std::chrono::milliseconds settling{10'000};
    Backoff keyd_backoff{.first = std::chrono::milliseconds(0)};
    Backoff server_backoff{.first = std::chrono::milliseconds(200),
                           .step = std::chrono::milliseconds(400),
                           .most = std::chrono::milliseconds(30'000)};
  };

  explicit Supervisor(Plan plan);
  // Blocks its signals and serves until told to stop. The launcher's exit status.
  [[nodiscard]] int run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Ward {
    std::string name;
    Child child;
    RestartPolicy policy;
    std::optional<Clock::time_point> due;  // of the next start
  };

  [[nodiscard]] Result<void> start_keyd();
  [[nodiscard]] Result<void> start_server();
  void start_due();
  void start_or_retry(Ward& ward);
  void read_signals();
  void reap();
  void ended(Ward& ward);
  void begin_stop(int exit_status);
  void go_on_stopping();
  [[nodiscard]] bool server_needs_keyd() const;
  [[nodiscard]] int poll_timeout_ms() const;
  [[nodiscard]] bool finished() const;

  Plan plan_;
  Descriptor signals_;
  Ward keyd_;
  Ward server_;
  Clock::time_point began_;
  bool stopping_ = false;
  bool keyd_told_ = false;
  int exit_status_ = 0;
  std::optional<Clock::time_point> kill_server_at_;
  std::optional<Clock::time_point> kill_keyd_at_;
};

}  // namespace conclave::launcher
