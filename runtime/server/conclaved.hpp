#pragma once

#include <memory>
#include <optional>

#include "runtime/config/config.hpp"
#include "runtime/confine/confine.hpp"
#include "runtime/observe/log_file.hpp"

namespace conclave::server {

// One running server process. run() builds everything in order, serves until SIGTERM or SIGINT, and
// takes it down in order: doors drain, the domain stores what is pending, the store closes.
class Conclaved {
 public:
  // `log`: none when standard error is no file.
  Conclaved(config::Config config, confine::ConfineReport fences,
            std::optional<observe::LogFile> log);
  ~Conclaved();
  Conclaved(const Conclaved&) = delete;
  Conclaved& operator=(const Conclaved&) = delete;

  // Blocks the calling thread. An error is why the server could not start.
  [[nodiscard]] Result<void> run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::server
