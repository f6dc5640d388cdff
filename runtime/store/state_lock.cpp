#include "runtime/store/state_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/store/errors.hpp"

namespace conclave::store {
namespace {

std::unexpected<Error> system_failure(const std::filesystem::path& path) {
  const int reason = errno;
  const bool space = reason == ENOSPC || reason == EDQUOT || reason == EROFS;
  return fail(space ? kStoreReadOnly : kStoreBroken, path.string() + ": " + std::strerror(reason));
}

}  // namespace

Result<StateLock> StateLock::take(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_failure(folder);
  const auto path = folder / "lock";
  StateLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.descriptor_ < 0) return system_failure(path);
  if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(kStoreInUse, folder.string());
    return system_failure(path);
  }
  return lock;
}

StateLock::~StateLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace conclave::store
