#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "hsm/pkcs11/token.hpp"

namespace conclave::testing {

// A SoftHSM token in a folder of its own, opened inside the test's process. One at a time: the
// module's configuration is the process's environment.
class SoftHsmFolder {
 public:
  SoftHsmFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "conclave-token-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = pattern;
    std::filesystem::create_directory(root_ / "objects");
    configure("");
    hsm::pkcs11::CallWatch watch;
    const auto made = hsm::pkcs11::make_token(kModule, "test", base::Secret{kSoPin}, pin(), watch);
    if (!made) throw std::runtime_error(made.error().text());
    serial_ = *made;
  }
  ~SoftHsmFolder() {
    std::error_code ignored;  // a folder that cannot be removed lies in the temporary folder
    std::filesystem::remove_all(root_, ignored);
  }
  SoftHsmFolder(const SoftHsmFolder&) = delete;
  SoftHsmFolder& operator=(const SoftHsmFolder&) = delete;

  // Rewrites softhsm2.conf; read when a module is loaded.
  void configure(const std::string& extra) {
    std::ofstream(root_ / "softhsm2.conf")
        << "directories.tokendir = " << (root_ / "objects").string()
        << "\nobjectstore.backend = file\nlog.level = ERROR\n"
        << extra;
    ::setenv("SOFTHSM2_CONF", (root_ / "softhsm2.conf").c_str(), 1);
  }

  [[nodiscard]] hsm::pkcs11::TokenOptions options() const { return {kModule, "test", serial_}; }
  [[nodiscard]] base::Secret pin() const { return base::Secret{kPin}; }
  [[nodiscard]] Result<std::unique_ptr<hsm::pkcs11::Token>> open(
      hsm::pkcs11::CallWatch& watch) const {
    return hsm::pkcs11::Token::open(options(), pin(), false, watch);
  }
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  static constexpr std::string_view kPin = "1234-user-5678";

 private:
  static constexpr auto kModule = "/usr/lib/softhsm/libsofthsm2.so";
  static constexpr std::string_view kSoPin = "1234-officer-5678";

  std::filesystem::path root_;
  std::string serial_;
};

}  // namespace conclave::testing
