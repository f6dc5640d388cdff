#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/async/task.hpp"
#include "runtime/store/writes.hpp"

namespace conclave::store {

// The part of a room's log that a read returns: whole segments (several authors' interleave),
// oldest first, which together cover [first_seq, last_seq] and perhaps more on both sides.
struct LogSlice {
  std::vector<Bytes> segments;
};

struct BackupReport {
  std::uint64_t bytes = 0;
  std::string sha256_hex;
  std::int64_t finished_ms = 0;  // UTC
};

struct StoreStatus {
  bool writable = false;
  std::string reason;  // when not writable: what is wrong and what to do
  std::uint64_t journal_commits = 0;
  std::uint64_t size_bytes = 0;
  std::uint32_t schema = 0;
  std::uint32_t epoch = 0;
};

// The interface that the embedded store (SQLite) implements and a scale-out store (PostgreSQL)
// will; tests/unit/store/conformance.hpp holds both to it.
//
// Any thread may call. Callbacks run on the store's own threads and must only post. Writes are
// applied and answered in the order of their calls; several waiting transactions share one fsync.
// A callback without error means: on disk. On a full or read-only disk every write answers
// kStoreReadOnly, nothing is half applied, and service returns by itself when the disk does. A
// failed fsync or an unknown outcome of a commit ends the process, never a second try.
class ContentStore {
 public:
  virtual ~ContentStore() = default;

  virtual void load(Callback<Snapshot> done) = 0;
  virtual void commit(Transaction transaction, Callback<void> done) = 0;
  // Bytes of transactions that wait; the caller stops taking work above its limit.
  [[nodiscard]] virtual std::size_t uncommitted_bytes() const = 0;

  // At most 500 seqs.
  virtual void read_log(TenantId tenant, RoomId room, std::uint64_t first_seq,
                        std::uint64_t last_seq, Callback<LogSlice> done) = 0;
  // The first seq whose entry is not older than ts_ms; none when all are older.
  virtual void find_seq(TenantId tenant, RoomId room, std::int64_t ts_ms,
                        Callback<std::optional<std::uint64_t>> done) = 0;
  // Annotations of targets in [first_target, last_target], by target, then seq; at most 5,000.
  virtual void read_annotations(TenantId tenant, RoomId room, std::uint64_t first_target,
                                std::uint64_t last_target,
                                Callback<std::vector<AnnotationRow>> done) = 0;
  // Seqs of a thread's entries after `after_seq`, ascending (annotations of kind `kind` to `root`).
  virtual void read_annotated(TenantId tenant, RoomId room, std::uint64_t target, std::uint8_t kind,
                              std::uint64_t after_seq, std::uint32_t limit,
                              Callback<std::vector<AnnotationRow>> done) = 0;
  virtual void read_mentions(TenantId tenant, UserId user, std::uint64_t after_pos,
                             std::uint32_t limit, Callback<std::vector<MentionRow>> done) = 0;
  // By pos ascending, tombstones included.
  virtual void read_user_state(TenantId tenant, UserId user, std::uint64_t after_pos,
                               std::uint32_t limit, Callback<std::vector<UserStateRow>> done) = 0;
  virtual void read_user_state_key(TenantId tenant, UserId user, std::string key,
                                   Callback<std::optional<UserStateRow>> done) = 0;
  virtual void read_audit(std::uint64_t after_number, std::uint32_t limit,
                          Callback<std::vector<AuditRow>> done) = 0;
  // As Snapshot::expired_pos, now.
  virtual void read_expired_pos(Callback<ExpiredPositions> done) = 0;

  // A consistent copy while in use; the file must not exist. Verified (integrity check, digest)
  // before the answer.
  virtual void backup(std::filesystem::path file, Callback<BackupReport> done) = 0;
  [[nodiscard]] virtual StoreStatus status() const = 0;
  // Drains the journal, checkpoints, closes; every later call answers kShuttingDown. Blocks.
  virtual void close() = 0;
};

}  // namespace conclave::store
