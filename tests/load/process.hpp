#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

// Processes as the measurement needs them: started on one core, ended by id, and what they used.
namespace conclave::load {

// What makes a measurement worthless; ends the program with its text.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The calling process and what it starts from now on run on this core only.
void pin_to_core(int core);

// A child process. Ended (SIGTERM, after ten seconds SIGKILL) when the object goes.
class Child {
 public:
  struct Plan {
    std::vector<std::string> command;  // program first
    std::filesystem::path output;      // appended: standard output and error
    int core = 0;
  };
  explicit Child(const Plan& plan);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void stop();

 private:
  pid_t pid_ = -1;
};

// Runs a command to its end; what it printed is part of the failure when it fails.
void run_command(const std::vector<std::string>& command, const std::filesystem::path& output);

struct Usage {
  double cpu_s = 0;  // user and system time
  std::uint64_t resident_bytes = 0;
};
[[nodiscard]] Usage usage_of(pid_t pid);
[[nodiscard]] Usage own_usage();
// Living children by the name of the program (at most 15 characters count); all when empty.
[[nodiscard]] std::vector<pid_t> children_of(pid_t parent, std::string_view name);

[[nodiscard]] double load_average();
[[nodiscard]] std::string machine_text();

// Monotonic, since an arbitrary moment.
[[nodiscard]] std::int64_t now_ns();

}  // namespace conclave::load
