#include "runtime/ctl/running.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "runtime/ctl/files.hpp"

namespace conclave::ctl {

bool answers(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket.string();
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

std::optional<int> launcher_pid(const config::StatePaths& paths) {
  const auto text = read_file(paths.launcher_pid, 64);
  if (!text) return std::nullopt;
  int pid = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
  if (error != std::errc{} || pid <= 1) return std::nullopt;
  if (::kill(pid, 0) == 0 || errno == EPERM) return pid;
  return std::nullopt;
}

bool server_runs(const config::StatePaths& paths) {
  return launcher_pid(paths).has_value() || answers(paths.keyd_socket);
}

}  // namespace conclave::ctl
