#include "runtime/launcher/local_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "runtime/launcher/errors.hpp"

namespace conclave::launcher {

Result<Descriptor> listen_locally(const std::filesystem::path& path) {
  constexpr int kBacklog = 64;
  const auto refused = [&](const char* call) {
    return fail(kSocket, std::string(call) + " " + path.string() + ": " + std::strerror(errno));
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return refused("bind");
  }
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return refused("socket");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return refused("unlink");
  // The umask is 077 already; the folder is private as well.
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return refused("bind");
  }
  if (::chmod(path.c_str(), 0600) != 0) return refused("chmod");
  if (::listen(socket.get(), kBacklog) != 0) return refused("listen");
  return socket;
}

}  // namespace conclave::launcher
