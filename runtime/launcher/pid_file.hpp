#pragma once

#include <filesystem>

#include "runtime/base/error.hpp"
#include "runtime/launcher/descriptor.hpp"

namespace conclave::launcher {

// STATE/run/launcher.pid: our process id in text, locked (flock) as long as we live, so that a left
// over file never keeps anybody out. Empty when no launcher runs.
class PidFile {
 public:
  // kAlreadyRunning names the other launcher's process id.
  [[nodiscard]] static Result<PidFile> take(const std::filesystem::path& path);
  PidFile(PidFile&&) = default;
  PidFile& operator=(PidFile&&) = default;
  ~PidFile();

 private:
  explicit PidFile(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace conclave::launcher
