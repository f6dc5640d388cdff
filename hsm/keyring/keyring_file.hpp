#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/base/digest.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/store/sqlite/database.hpp"

// keyring.db: wrapped room and author keys, epochs, what was deleted, copies that were handed out.
// Rows only; what they mean is keyring.hpp's business. One thread.
namespace conclave::hsm::keyring {

enum class ParentKind : std::uint8_t { room = 1, author = 2 };

// Names a room or author key. `id` is the room's or user's; authors have generation 0 only.
struct ParentName {
  TenantId tenant;
  ParentKind kind = ParentKind::room;
  std::uint64_t id = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const ParentName&, const ParentName&) = default;
};

struct ParentRow {
  ParentName name;
  std::uint32_t epoch = 0;  // of the ek that seals the blob
  Bytes blob;
};

struct TenantRow {
  std::uint32_t epoch = 0;
  std::optional<std::uint32_t> next_epoch;  // a turn is under way: new blobs use it already
  bool destroyed = false;
};

struct OldEpoch {
  TenantId tenant;
  std::uint32_t epoch = 0;
};

// Somebody whose signature counts under an order to a device: a person's device, or an admin.
enum class SignerKind : std::uint8_t { admin = 2, device = 4 };

struct SignerRow {
  TenantId tenant;
  SignerKind kind{};
  std::uint64_t id = 0;  // of the user or the device
  UserId owner;
  base::Sha256 digest{};      // of the device's key
  std::int64_t since_ms = 0;  // 0: from the beginning
  bool good = true;           // false: revoked, for good
};

// The only connection to the file; it also checkpoints. When the outcome of a commit is unknown or
// an fsync failed, the process ends with kExitUncertain and the next one recovers from the file:
// nothing is tried a second time.
class KeyringFile {
 public:
  static constexpr int kExitUncertain = 74;  // sysexits.h: EX_IOERR

  // Creates or migrates the file; refuses one that a newer version wrote.
  static Result<KeyringFile> open(const std::filesystem::path& file);

  Result<std::optional<TenantRow>> tenant(TenantId tenant);
  Result<std::vector<TenantId>> tenants();
  Result<void> add_tenant(TenantId tenant);

  Result<std::optional<ParentRow>> parent(const ParentName& name);
  // All in one commit.
  Result<void> put_parents(const std::vector<ParentRow>& rows);
  // True when delete_parent() was called for it; such a key is never made again.
  Result<bool> was_deleted(const ParentName& name);
  // Removes all generations of the key and remembers that it was deleted.
  Result<void> delete_parent(TenantId tenant, ParentKind kind, std::uint64_t id,
                             std::int64_t now_ms);

  Result<void> begin_turn(TenantId tenant, std::uint32_t next);
  // Up to `most` rows of the tenant that are sealed under an epoch other than `epoch`.
  Result<std::vector<ParentRow>> outdated(TenantId tenant, std::uint32_t epoch, std::size_t most);
  // The tenant's rows after `after` (none: from the first), in order of the primary key.
  Result<std::vector<ParentRow>> page(TenantId tenant, const std::optional<ParentName>& after,
                                      std::size_t most);
  // The turn is complete: the epoch counts, the old one waits for its destruction.
  Result<void> finish_turn(TenantId tenant, std::uint32_t old_epoch, std::uint32_t new_epoch,
                           std::int64_t destroy_after_ms);
  // Old epochs that are due: their time has come and a copy that is newer than their turn is kept.
  Result<std::vector<OldEpoch>> due(std::int64_t now_ms);
  Result<std::vector<OldEpoch>> old_epochs(TenantId tenant);
  Result<void> forget_old_epoch(const OldEpoch& old);
  // Forgets every wrapped key of the tenant and marks it destroyed for good.
  Result<void> destroy_tenant(TenantId tenant);

  // A consistent copy, made beside the file; remembered by its digest until it is confirmed.
  Result<Bytes> copy(std::int64_t now_ms);
  // False: no copy with this digest was ever handed out.
  Result<bool> confirm_copy(const base::Sha256& digest);

  // False: the nonce was spent before. Nonces are remembered until they expire.
  Result<bool> spend_nonce(ByteView nonce, std::int64_t expires_ms, std::int64_t now_ms);

  // Counts an order to a device. False: the tenant has had `most` others since `since_ms`, and this
  // one is not among them. What is older is forgotten.
  Result<bool> count_order(TenantId tenant, const base::Sha256& order, std::size_t most,
                           std::int64_t since_ms, std::int64_t now_ms);

  // Who may stand for orders, as far as this file has seen.
  Result<std::optional<SignerRow>> signer(TenantId tenant, SignerKind kind, std::uint64_t id);
  Result<bool> has_device_signer(TenantId tenant, UserId owner);
  Result<void> put_signer(const SignerRow& row);
  Result<void> delete_signer(TenantId tenant, SignerKind kind, std::uint64_t id);

  Result<std::optional<std::string>> meta(std::string_view key);
  Result<void> set_meta(std::string_view key, std::string_view value);
  Result<void> note_token_key(std::string_view label, std::int64_t created_ms);
  Result<std::vector<std::pair<std::string, std::int64_t>>> token_keys();

 private:
  explicit KeyringFile(std::filesystem::path file, store::sqlite::Database database)
      : file_(std::move(file)), database_(std::move(database)) {}

  // A change of its own.
  template <class... Values>
  Result<void> change(std::string_view sql, const Values&... values);
  Result<void> commit(store::sqlite::Transaction& transaction);
  // After rows that must not survive in the log.
  Result<void> commit_and_cut(store::sqlite::Transaction& transaction);
  template <class... Values>
  Result<void> run(std::string_view sql, const Values&... values);

  std::filesystem::path file_;
  store::sqlite::Database database_;
};

}  // namespace conclave::hsm::keyring
