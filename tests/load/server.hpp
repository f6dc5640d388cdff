#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tests/load/process.hpp"

// The server under test: a release build with a SoftHSM token, all its processes on core 0.
namespace conclave::load {

inline constexpr int kServerCore = 0;
inline constexpr int kGeneratorCore = 1;

// Configuration keys that differ from what is shipped, with the values that the bench gives them.
using RaisedLimits = std::map<std::string, std::uint64_t>;
[[nodiscard]] const RaisedLimits& raised_limits();

class Server {
 public:
  // `programs`: folder of the built programs. `folder` is made, and removed at the end.
  Server(std::filesystem::path programs, std::filesystem::path folder);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Makes the token and the keys (once), then starts and waits until it is ready.
  void start();
  void stop();

  [[nodiscard]] std::uint16_t plain_port() const { return plain_port_; }
  [[nodiscard]] std::uint16_t tls_port() const { return tls_port_; }
  // The one-time secret that makes the first administrator.
  [[nodiscard]] std::string setup_secret() const;

  struct Parts {
    Usage launcher, keyd, server;
    [[nodiscard]] double cpu_s() const { return launcher.cpu_s + keyd.cpu_s + server.cpu_s; }
    [[nodiscard]] std::uint64_t resident_bytes() const {
      return launcher.resident_bytes + keyd.resident_bytes + server.resident_bytes;
    }
  };
  [[nodiscard]] Parts usage() const;

 private:
  void write_config() const;
  void wait_ready();

  std::filesystem::path programs_;
  std::filesystem::path folder_;
  std::filesystem::path state_;
  std::unique_ptr<Child> launcher_;
  pid_t keyd_ = 0;
  pid_t conclaved_ = 0;
  std::uint16_t plain_port_ = 0;
  std::uint16_t tls_port_ = 0;
};

}  // namespace conclave::load
