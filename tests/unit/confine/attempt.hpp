#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace conclave::confine {

// What became of an attempt in a confined child: 0 it worked, an errno, or minus the signal.
inline int attempt(const std::function<bool()>& prepare, const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!prepare()) ::_exit(255);
    ::_exit(act());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace conclave::confine
