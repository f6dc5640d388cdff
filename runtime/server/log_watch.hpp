#pragma once

#include "runtime/async/task.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/observe/log_file.hpp"

namespace conclave::server {

// Puts "log.opened" into the audit trail when somebody opens the log file beside the management
// API (requirement T-09): one entry for all openings since the last one, at most every kPauseMs.
// The kernel does not tell who it was. While the token is away the entry waits.
class LogWatch {
 public:
  static constexpr int kPauseMs = 10'000;

  LogWatch(const observe::LogFile& file, identity::RowWriter& writer)
      : file_(file), writer_(writer) {}

  // Ends within a second after stop(). On the shard's thread.
  [[nodiscard]] Task<void> run();
  void stop() { stopping_ = true; }

 private:
  [[nodiscard]] Task<void> record();

  const observe::LogFile& file_;
  identity::RowWriter& writer_;
  bool unrecorded_ = false;
  bool stopping_ = false;
};

}  // namespace conclave::server
