#include "hsm/keyd/only_one.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "hsm/keyd/errors.hpp"

namespace conclave::hsm::keyd {

Result<void> be_the_only_one(const config::StatePaths& paths) {
  constexpr std::chrono::milliseconds kPause{50};
  constexpr int kTries = 40;
  const std::string file = paths.keyring_dir / "lock";
  // Never closed: the lock ends with the process, however it ends.
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fail(kKeydConfiguration, file + ": " + std::strerror(errno));
  for (int i = 0; i < kTries; ++i) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    std::this_thread::sleep_for(kPause);
  }
  const std::string why = std::strerror(errno);
  const bool taken = errno == EWOULDBLOCK;
  ::close(descriptor);
  return taken ? fail(kKeydRunning, file) : fail(kKeydConfiguration, file + ": " + why);
}

}  // namespace conclave::hsm::keyd
