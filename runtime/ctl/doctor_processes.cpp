#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "runtime/base/clock.hpp"
#include "runtime/ctl/api.hpp"
#include "runtime/ctl/doctor.hpp"
#include "runtime/ctl/running.hpp"
#include "runtime/ctl/table.hpp"

// What runs, who it runs as, and what it answers.
namespace conclave::ctl {

namespace {

constexpr std::int64_t kClockOffMs = 30'000;

// Whether a listener could bind now.
bool port_free(const config::Listen& listen) {
  const bool six = listen.address.find(':') != std::string::npos;
  const int fd = ::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int bound = -1;
  if (six) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(listen.port);
    ::inet_pton(AF_INET6, listen.address.c_str(), &address.sin6_addr);
    bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listen.port);
    ::inet_pton(AF_INET, listen.address.c_str(), &address.sin_addr);
    bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  const int error = errno;
  ::close(fd);
  return bound == 0 || error != EADDRINUSE;
}

Findings ports(const config::Config& config) {
  Findings out;
  for (const config::Listen& listen : config.listen) {
    const std::string name = "port " + std::to_string(listen.port);
    if (listen.port == 0 || port_free(listen)) {
      out.push_back({name, Health::good, "free at " + listen.address, {}});
    } else {
      out.push_back({name, Health::bad, "taken by another program at " + listen.address,
                     "Stop that program (ss -ltnp 'sport = :" + std::to_string(listen.port) +
                         "'), or set another port in [[listen]]."});
    }
  }
  return out;
}

std::optional<unsigned> owner_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_uid;
}

Finding separation(const config::StatePaths& paths) {
  const auto keyd = owner_of(paths.keyd_socket);
  const auto server = owner_of(paths.content_db);
  if (!keyd || !server) return {"key process", Health::good, "not told: nothing has run yet", {}};
  if (*keyd != *server) {
    return {"key process",
            Health::good,
            "keyd runs as uid " + std::to_string(*keyd) + ", the server as uid " +
                std::to_string(*server),
            {}};
  }
  return {"key process", Health::warning, "keyd and server share uid " + std::to_string(*keyd),
          "Good for trying out: keyd cannot be traced or dumped, and the server is shut out of the "
          "token folder. In production give keyd a user of its own."};
}

Finding readiness(Api& api) {
  auto ready = api.send("GET", "/readyz", "");
  if (!ready) {
    return {"server", Health::bad, ready.error().text(),
            "The process runs but does not answer; see its log in STATE/log."};
  }
  const bool is_ready = ready->status == 200;
  std::string found = is_ready ? "ready, but:" : "not ready:";
  bool complains = false;
  if (const auto* checks = ready->body.if_contains("checks"); checks != nullptr) {
    for (const auto& check : checks->as_object()) {
      const std::string answer = cell(checks->as_object(), std::string(check.key()));
      if (answer == "ok") continue;
      found += " " + std::string(check.key()) + " (" + answer + ")";
      complains = true;
    }
  }
  if (is_ready && !complains) return {"server", Health::good, "ready", {}};
  if (is_ready) {
    return {"server", Health::warning, found,
            "The server serves; look at what the checks name. Policies: `conclavectl log --event "
            "alarm.policy_strict` names the tenants."};
  }
  return {"server", Health::bad, found,
          "Mend what the checks name; the server becomes ready by itself."};
}

Finding clock_against(Api& api) {
  const auto hello = api.send("POST", "/api/v1/session/hello", "");
  const auto* time = hello ? hello->body.if_contains("time_ms") : nullptr;
  if (time == nullptr || !time->is_int64()) {
    return {"server clock", Health::warning, "the server does not tell its time", "See its log."};
  }
  const std::int64_t off_ms = std::llabs(time->as_int64() - base::system_clock().utc_ms());
  const std::string found = std::to_string(off_ms) + " ms away from this shell's";
  if (off_ms > kClockOffMs) {
    return {"server clock", Health::bad, found, "Set the clocks: proofs are good for a minute."};
  }
  return {"server clock", Health::good, found, {}};
}

}  // namespace

Findings check_processes(const config::Config& config, const config::StatePaths& paths) {
  Findings out;
  out.push_back(separation(paths));
  const auto launcher = launcher_pid(paths);
  if (!launcher && !answers(paths.keyd_socket)) {
    out.push_back({"server", Health::bad, "not running",
                   "Start it: packaging/quickstart, or `conclave-launcher --config " +
                       config.file.string() + "`."});
    for (Finding& finding : ports(config)) out.push_back(std::move(finding));
    return out;
  }
  out.push_back(
      answers(paths.keyd_socket)
          ? Finding{"keyd", Health::good, "answers on its socket", {}}
          : Finding{"keyd", Health::bad, "does not answer on its socket",
                    "The launcher restarts it at once; if it stays away, see STATE/log."});
  const auto place = find_server(paths.root, {}, {});
  if (!place) {
    out.push_back({"server", Health::bad, "has opened no port yet: " + place.error().text(),
                   "It waits for the token, or cannot start; see the end of STATE/log."});
    return out;
  }
  Api api(*place);
  out.push_back(readiness(api));
  out.push_back(clock_against(api));
  return out;
}

}  // namespace conclave::ctl
