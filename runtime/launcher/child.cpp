#include "runtime/launcher/child.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "runtime/launcher/errors.hpp"

namespace conclave::launcher {
namespace {

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(const char* program, char* const* arguments, const std::vector<int>& keep,
                         pid_t parent) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before the request above
  // What our own parent left open is none of the child's business.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : keep) ::fcntl(fd, F_SETFD, 0);
  ::execv(program, arguments);
  constexpr int kNotStarted = 126;
  ::_exit(kNotStarted);
}

}  // namespace

Result<void> Child::start(const Command& command) {
  if (::access(command.program.c_str(), X_OK) != 0) {
    return fail(kProgram, command.program.string() + ": " + std::strerror(errno));
  }
  std::vector<std::string> words{command.program.string()};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(kProgram, std::string("fork: ") + std::strerror(errno));
  if (pid == 0) become(command.program.c_str(), arguments.data(), command.keep, parent);
  pid_ = pid;
  started_ = std::chrono::steady_clock::now();
  return {};
}

void Child::signal(int number) const {
  if (running()) ::kill(pid_, number);
}

void Child::ended(int status) {
  pid_ = -1;
  lived_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 started_);
  exit_code_.reset();
  signal_number_ = 0;
  if (WIFEXITED(status)) exit_code_ = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) signal_number_ = WTERMSIG(status);
}

std::chrono::milliseconds Child::lived() const {
  if (!running()) return lived_;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               started_);
}

}  // namespace conclave::launcher
