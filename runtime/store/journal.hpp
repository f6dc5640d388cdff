#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/store/sqlite/database.hpp"
#include "runtime/store/tail.hpp"

namespace conclave::store {

// The tail index as readers see it: exactly what is committed. Any thread.
class PublishedTail {
 public:
  [[nodiscard]] std::vector<TailSegment> segments(const RoomKey& room, std::uint64_t first_seq,
                                                  std::uint64_t last_seq) const;

 private:
  friend class Journal;
  mutable std::mutex mutex_;
  Tail tail_;
};

// The journal table and its index. Belongs to the writer's thread. Changes are staged: they are
// seen by this object at once, and by readers after publish(), which follows the COMMIT.
class Journal {
 public:
  // Reads every row. kStoreBroken, kStoreTooNew.
  [[nodiscard]] static Result<Journal> load(sqlite::Database& database, PublishedTail& published);

  [[nodiscard]] Result<> append(const BatchPtr& batch);
  // The new batch covers the same seqs of the same rooms.
  [[nodiscard]] Result<> replace(std::uint64_t commit_no, const BatchPtr& batch);
  // Removes the oldest commits up to and including this one.
  [[nodiscard]] Result<> remove_through(std::uint64_t commit_no);

  void publish();
  void discard();  // after ROLLBACK

  [[nodiscard]] const Tail& tail() const { return working_; }

 private:
  explicit Journal(PublishedTail& published) : published_(&published) {}

  struct Change {
    enum class Kind { append, replace, remove } kind;
    std::uint64_t commit_no;
    BatchPtr batch;
  };
  static void apply(const Change& change, Tail& tail);
  void stage(Change change);

  PublishedTail* published_;
  sqlite::Statement insert_;
  sqlite::Statement update_;
  sqlite::Statement delete_;
  Tail working_;
  std::vector<Change> staged_;
  std::uint64_t next_commit_no_ = 1;
  Bytes encoded_;  // reused from commit to commit
};

}  // namespace conclave::store
