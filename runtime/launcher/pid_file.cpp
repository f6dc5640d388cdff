#include "runtime/launcher/pid_file.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "runtime/launcher/errors.hpp"

namespace conclave::launcher {

Result<PidFile> PidFile::take(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return fail(kPidFile, path.string() + ": " + std::strerror(errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(kPidFile, path.string() + ": " + std::strerror(errno));
    std::array<char, 16> text{};
    const ssize_t got = ::pread(file.get(), text.data(), text.size() - 1, 0);
    std::string pid(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    while (!pid.empty() && pid.back() == '\n') pid.pop_back();
    return fail(kAlreadyRunning, "process " + pid + " holds " + path.string());
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail(kPidFile, path.string() + ": " + std::strerror(errno));
  }
  return PidFile(std::move(file));
}

PidFile::~PidFile() {
  // Emptied, not removed: whoever waits for the lock waits for this very file.
  if (file_.valid() && ::ftruncate(file_.get(), 0) != 0) file_.reset();
}

}  // namespace conclave::launcher
