#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/error.hpp"

namespace conclave::observe {

inline constexpr ErrorSpec kLogElsewhere{
    "log.elsewhere", ErrorKind::not_found,
    "Standard error of the server is no file: read the log where it goes to (journalctl, the "
    "terminal), or start the launcher with 2>> FILE."};
inline constexpr ErrorSpec kLogUnreadable{"log.unreadable", ErrorKind::unavailable,
                                          "The log file cannot be read; look at its disk."};

// The log of all processes, when standard error is a regular file. Keeps a reading descriptor, so
// that a fenced process can read it, and notices when anybody else opens the file: access to logs
// is itself recorded (requirement T-09). A file that is rotated away is followed to its new name;
// rotate by copying and truncating.
class LogFile {
 public:
  // None when standard error is a terminal, a pipe or the journal. Before the process is fenced.
  [[nodiscard]] static std::optional<LogFile> of_standard_error();

  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile();

  struct Wanted {
    std::string level;         // at least this: "debug", "info", "warning", "error"; empty: all
    std::string event;         // the event begins with this; empty: all
    std::size_t lines = 100;   // the newest so many
  };
  // Whole lines, oldest first, from the last kReadBytes of the file. Blocks on the disk; any
  // thread. Lines that are no JSON object (a crash's last words) pass only an empty `event`.
  [[nodiscard]] Result<std::vector<std::string>> read(const Wanted& wanted) const;
  static constexpr std::size_t kReadBytes = 4 << 20;

  // Whether anybody opened the file since the last call; never blocks. One thread.
  [[nodiscard]] bool take_opened() const;

  [[nodiscard]] const std::string& name() const { return name_; }  // without its folder

 private:
  LogFile(int file, int watch, std::string name)
      : file_(file), watch_(watch), name_(std::move(name)) {}

  int file_;
  int watch_;
  std::string name_;
};

}  // namespace conclave::observe
