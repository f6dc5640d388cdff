#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/audit/trail.hpp"
#include "runtime/store/rows.hpp"

namespace conclave::identity {

// Where a row of power stands.
struct RowPlace {
  store::RecordKind kind{};
  TenantId tenant;
  std::uint64_t id = 0;
  std::uint64_t sub = 0;

  friend auto operator<=>(const RowPlace&, const RowPlace&) = default;
};

// A row that gives no power to anybody. Whoever reads rows of its kind decides what that means for
// the subject: nothing may become laxer by it.
struct UnsoundRow {
  store::Record row;     // as found; only kind, tenant, id, sub of one that is missing
  std::string_view why;  // "mac", "place", "older than its audit entry", "missing"
  // The trail says that a row stands here; it knows nothing of one that somebody invented.
  bool expected = false;
};

// The rows of power as a start finds them, held against their MACs and the audit trail: once for
// all modules that keep some of them.
class SoundRows {
 public:
  // In the order of kind, tenant, id, sub.
  [[nodiscard]] const std::vector<store::Record>& of(store::RecordKind kind) const;
  [[nodiscard]] const std::vector<UnsoundRow>& unsound(store::RecordKind kind) const;
  // The store held no record at all: a first start.
  [[nodiscard]] bool was_empty() const { return was_empty_; }
  [[nodiscard]] std::size_t unsound_count() const;

 private:
  friend Task<Result<SoundRows>> check_rows(std::vector<store::Record> records,
                                            hsm::api::KeyService& keys, audit::Trail* trail);

  std::map<store::RecordKind, std::vector<store::Record>> sound_;
  std::map<store::RecordKind, std::vector<UnsoundRow>> unsound_;
  bool was_empty_ = true;
};

// Checks every MAC (in batches) and, where `trail` is given, that no row is older than the newest
// audit entry about it and that none is missing that the trail knows of. Each unsound row raises an
// alarm in the log. An error means that keyd could not be asked. On the shard's thread.
[[nodiscard]] Task<Result<SoundRows>> check_rows(std::vector<store::Record> records,
                                                 hsm::api::KeyService& keys, audit::Trail* trail);

// The alarm for one row; for readers that find a sound row's content unreadable.
void tell_row_refused(const store::Record& row, std::string_view why);

}  // namespace conclave::identity
