#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/load/process.hpp"

// The floors: what is left when a server does nothing but pass frames on.
namespace conclave::load {

// Serves until SIGTERM; writes the port and a line end to standard output. Two clients with the
// same path "/pair/N" get each other's frames; those with "/room" get everybody's, their own
// included. With a log, a frame is delivered after it was appended to the file and fdatasync has
// returned.
int serve_relay(const std::filesystem::path& log);

// The relay as a process of its own on the server's core.
class Relay {
 public:
  Relay(const std::string& program, const std::filesystem::path& folder, bool durable);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Usage usage() const { return usage_of(child_->pid()); }

 private:
  std::unique_ptr<Child> child_;
  std::uint16_t port_ = 0;
};

}  // namespace conclave::load
