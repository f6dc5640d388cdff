#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hsm/api/signature.hpp"
#include "hsm/keyring/keyring_file.hpp"
#include "runtime/config/state_paths.hpp"

namespace conclave::hsm::keyd {

struct Approver {
  std::string name;
  api::VerifyKey key;
};

// The custodians: `needed` of them must sign. Their file is public; its digest is pinned in
// keyring.db, so that writing the file makes nobody a custodian.
//
//   {"needed": 2, "approvers": [{"name": "…", "algorithm": "ES256", "key": "<base64url>"}, …]}
struct Approvers {
  std::size_t needed = 0;
  std::vector<Approver> list;
};

// kMalformed names what is wrong: at least one, at most 32, names and keys differ, 1 <= needed <=
// n.
[[nodiscard]] Result<Approvers> parse_approvers(std::string_view json);

// STATE/keyring/approvers.json when it is the pinned one; kApprovalInvalid otherwise.
[[nodiscard]] Result<Approvers> load_approvers(const config::StatePaths& paths,
                                               keyring::KeyringFile& file);

// At init, from a file; refused when custodians are pinned already (then it takes a ceremony).
[[nodiscard]] Result<void> pin_first_approvers(const std::filesystem::path& source,
                                               const config::StatePaths& paths,
                                               keyring::KeyringFile& file);
// Writes the file and pins its digest.
[[nodiscard]] Result<void> pin_approvers(std::string_view json, const config::StatePaths& paths,
                                         keyring::KeyringFile& file);

}  // namespace conclave::hsm::keyd
