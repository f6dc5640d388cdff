#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace conclave::evidence::test {

// A folder that is gone with the test.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "evidence-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return folder_ / name;
  }
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc) << text;
  }

 private:
  std::filesystem::path folder_;
};

[[nodiscard]] inline std::filesystem::path sample(std::string_view name) {
  return std::filesystem::path(CONCLAVE_SOURCE_DIR) / "tests/unit/evidence/data" / name;
}

}  // namespace conclave::evidence::test
