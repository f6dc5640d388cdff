#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "runtime/identity/administration.hpp"

namespace conclave::identity {

// The first start: makes the provider's tenant when the directory has none, and, while that tenant
// has no admin, a one-time set-up secret (only its digest is kept in memory). On the shard's
// thread.
class Bootstrap {
 public:
  struct Parts {
    Administration& administration;
    Directory& directory;
    const base::Clock& clock;
    base::Random& random;
    std::filesystem::path
        secret_file;  // STATE/run/setup; written 0600, removed when used or expired
    std::int64_t life_ms = 600'000;
  };
  explicit Bootstrap(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] Task<Result<void>> start(std::string provider_domain);
  // Consumes the secret and makes the first provider_admin (who then enrols a device as anybody
  // does). kSetupRefused when the secret is wrong, used or expired. Five wrong ones burn it.
  [[nodiscard]] Task<Result<UserId>> complete(std::string secret, std::string name,
                                              base::Secret password);
  [[nodiscard]] bool pending() const;

 private:
  [[nodiscard]] Result<void> issue_secret();
  void burn();

  Parts parts_;
  std::optional<base::Sha256> digest_;
  std::int64_t expires_ms_ = 0;  // monotonic
  int wrong_ = 0;
};

}  // namespace conclave::identity
