#pragma once

#include <functional>

#include "hsm/api/key_service.hpp"
#include "hsm/keyring/handle_cache.hpp"
#include "hsm/keyring/keyring_file.hpp"
#include "hsm/pkcs11/token.hpp"

// The hierarchy of the keys contract, K2:
//
//   room key, author key: GCM[ek.T.e; AAD]( KWP[kek.T](key) )     in keyring.db
//   content key:          GCM[author key; AAD]( KWP[room key](key) )     with the content
//
// Everything on the token's thread. The Token is lent for the duration of a call and may be another
// one at the next (after it was lost): then call forget_handles() in between.
namespace conclave::hsm::keyring {

struct ParentHash {
  std::size_t operator()(const ParentName& name) const noexcept {
    return static_cast<std::size_t>((name.tenant.value * 0x9e3779b97f4a7c15ULL) ^
                                    (name.id * 0xc2b2ae3d27d4eb4fULL) ^ name.generation ^
                                    (static_cast<std::uint64_t>(name.kind) << 32U));
  }
};

struct NewContent {
  api::KeyId id{};
  Bytes blob;
  pkcs11::KeyHandle key{};
};

struct KeyringOptions {
  std::filesystem::path file;
  std::size_t parents_loaded = 1'024;  // room and author keys held in the session
  std::int64_t epoch_grace_ms = 86'400'000;
};

class Keyring {
 public:
  static Result<std::unique_ptr<Keyring>> open(const KeyringOptions& options);

  [[nodiscard]] KeyringFile& file() { return file_; }
  void lend(pkcs11::Token& token) { token_ = &token; }
  void forget_handles() { parents_.forget(); }

  // kek.T and ek.T.0; no effect on an existing tenant. kKeyDestroyed when it was destroyed.
  Result<void> create_tenant(TenantId tenant, std::int64_t now_ms);

  // Makes missing parents and commits them before anything is sealed under them.
  Result<NewContent> create_content_key(const api::ContentKeyName& name);
  // kKeyDestroyed when a parent is gone; kSealBroken when the blob is not what was made.
  Result<pkcs11::KeyHandle> open_content_key(const api::ContentKeyName& name, const api::KeyId& id,
                                             ByteView blob);
  // For user rows; made when `create`, else kKeyMissing.
  Result<pkcs11::KeyHandle> author_key(TenantId tenant, UserId author, bool create);

  Result<void> delete_room(TenantId tenant, RoomId room, std::int64_t now_ms);
  Result<void> delete_author(TenantId tenant, UserId author, std::int64_t now_ms);

  // An epoch turn is done in slices, so that sealing goes on in between. Starts one, or takes up
  // the one that a crash has left. Each step answers the report once the turn is complete.
  struct Turn {
    TenantId tenant;
    std::uint32_t old_epoch = 0;
    std::uint32_t new_epoch = 0;
    std::uint64_t resealed = 0;
    bool verifying = false;
    std::optional<ParentName> verified = std::nullopt;  // the last row that was checked
  };
  Result<Turn> begin_turn(TenantId tenant, std::int64_t now_ms);
  Result<std::optional<api::EpochReport>> step_turn(Turn& turn, std::int64_t now_ms);
  // Destroys old epoch keys that are due; answers how many.
  Result<std::size_t> destroy_due(std::int64_t now_ms);
  // kek.T and every ek.T.e; a ceremony has decided.
  Result<void> destroy_tenant(TenantId tenant);

  [[nodiscard]] static std::string kek_label(TenantId tenant);
  [[nodiscard]] static std::string ek_label(TenantId tenant, std::uint32_t epoch);

 private:
  Keyring(KeyringFile file, const KeyringOptions& options);

  Result<TenantRow> live_tenant(TenantId tenant);
  Result<Bytes> seal_outer(const ParentName& name, std::uint32_t epoch, ByteView wrapped);
  Result<Bytes> open_outer(const ParentRow& row);
  // From the cache, the file, or (when `fresh` is given) newly made; `fresh` gets the row to
  // commit.
  Result<pkcs11::KeyHandle> parent(const ParentName& name, std::vector<ParentRow>* fresh);
  Result<pkcs11::KeyHandle> make_parent(const ParentName& name, std::vector<ParentRow>& fresh);

  KeyringFile file_;
  KeyringOptions options_;
  pkcs11::Token* token_ = nullptr;
  HandleCache<ParentName, pkcs11::KeyHandle, ParentHash> parents_;
};

}  // namespace conclave::hsm::keyring
