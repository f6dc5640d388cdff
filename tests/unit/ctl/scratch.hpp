#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace conclave::ctl::testing {

// A folder of its own for one test, mode 0700, gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::string text = (std::filesystem::temp_directory_path() / "ctl-XXXXXX").string();
    path_ = ::mkdtemp(text.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& content,
                              std::filesystem::perms mode = std::filesystem::perms::owner_read |
                                                            std::filesystem::perms::owner_write) {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
    std::filesystem::permissions(file, mode);
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace conclave::ctl::testing
