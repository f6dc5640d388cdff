#include "tests/load/process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace conclave::load {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// In the child after fork: only async-signal-safe calls.
[[noreturn]] void become(char* const* arguments, int output, int core) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  ::sched_setaffinity(0, sizeof set, &set);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

pid_t start(const Child::Plan& plan) {
  const int output = ::open(plan.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) throw Failure(plan.output.string() + ": " + std::strerror(errno));
  std::vector<std::string> words = plan.command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) become(arguments.data(), output, plan.core);
  ::close(output);
  if (pid < 0) throw Failure(std::string("fork: ") + std::strerror(errno));
  return pid;
}

// The fields of /proc/PID/stat after the program's name; [0] is the state.
std::vector<std::string> stat_of(pid_t pid, std::string* name) {
  const std::string text = text_of("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t open = text.find('(');
  const std::size_t end = text.rfind(')');
  if (open == std::string::npos || end == std::string::npos) return {};
  if (name != nullptr) *name = text.substr(open + 1, end - open - 1);
  std::istringstream rest(text.substr(end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

}  // namespace

void pin_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    throw Failure("core " + std::to_string(core) + ": " + std::strerror(errno));
  }
}

Child::Child(const Plan& plan) : pid_(start(plan)) {}

Child::~Child() {
  stop();
}

bool Child::running() {
  if (pid_ < 0) return false;
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Child::stop() {
  if (!running()) return;
  ::kill(pid_, SIGTERM);
  const std::int64_t patience_ns = 10'000'000'000;
  for (const std::int64_t since = now_ns(); running();) {
    if (now_ns() - since > patience_ns) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void run_command(const std::vector<std::string>& command, const fs::path& output) {
  const pid_t pid = start({command, output, 0});
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw Failure(command.front() + " failed:\n" + text_of(output));
}

Usage usage_of(pid_t pid) {
  constexpr std::size_t kUserTicks = 11;
  constexpr std::size_t kSystemTicks = 12;
  constexpr std::size_t kResidentPages = 21;
  const auto fields = stat_of(pid, nullptr);
  if (fields.size() <= kResidentPages) throw Failure("process " + std::to_string(pid) + " is gone");
  const double ticks = std::stod(fields[kUserTicks]) + std::stod(fields[kSystemTicks]);
  return {
      ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)),
      std::stoull(fields[kResidentPages]) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

Usage own_usage() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds(used.ru_utime) + seconds(used.ru_stime), 0};
}

std::vector<pid_t> children_of(pid_t parent, std::string_view name) {
  constexpr std::size_t kNameBytes = 15;
  std::vector<pid_t> out;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string file = entry.path().filename();
    if (file.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string program;
    const pid_t pid = static_cast<pid_t>(std::stol(file));
    const auto fields = stat_of(pid, &program);
    if (fields.size() < 2 || fields[0] == "Z" || fields[1] != std::to_string(parent)) continue;
    if (name.empty() || program == name.substr(0, kNameBytes)) out.push_back(pid);
  }
  return out;
}

double load_average() {
  return std::stod(text_of("/proc/loadavg"));
}

std::string machine_text() {
  utsname system{};
  ::uname(&system);
  std::string model = "unknown processor";
  std::istringstream lines(text_of("/proc/cpuinfo"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
  }
  return model + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores, " +
         system.sysname + " " + system.release;
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace conclave::load
