#include "hsm/keyd/only_one.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "hsm/keyd/errors.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr unsigned kPatience_s = 2;  // one that was just killed may still be on its way out

// Blocks until the lock is free or SIGALRM comes; 0, or an errno.
int lock_with_patience(int descriptor) {
  struct sigaction wake {};
  wake.sa_handler = [](int) {};  // without SA_RESTART: flock answers EINTR
  struct sigaction before {};
  ::sigaction(SIGALRM, &wake, &before);
  ::alarm(kPatience_s);
  const int failed = ::flock(descriptor, LOCK_EX) == 0 ? 0 : errno;
  ::alarm(0);
  ::sigaction(SIGALRM, &before, nullptr);
  return failed;
}

}  // namespace

Result<void> be_the_only_one(const config::StatePaths& paths) {
  const std::string file = paths.keyring_dir / "lock";
  // Never closed: the lock ends with the process, however it ends.
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fail(kKeydConfiguration, file + ": " + std::strerror(errno));
  const int failed = lock_with_patience(descriptor);
  if (failed == 0) return {};
  ::close(descriptor);
  return failed == EINTR ? fail(kKeydRunning, file)
                         : fail(kKeydConfiguration, file + ": " + std::strerror(failed));
}

}  // namespace conclave::hsm::keyd
