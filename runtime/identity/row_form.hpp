#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/store/rows.hpp"

// The canonical bytes that a row of power begins with: magic, kind, tenant, id, sub, version. They
// are part of what the MAC covers, so that a row cannot be moved to another place.
namespace conclave::identity {

struct RowForm {
  store::RecordKind kind{};
  TenantId tenant;
  std::uint64_t id = 0;
  std::uint64_t sub = 0;
  std::uint64_t version = 0;
};

[[nodiscard]] base::ByteWriter begin_row(const RowForm& form);
[[nodiscard]] store::Record finish_row(const RowForm& form, base::ByteWriter out);
// Reads the head; false when it is not the one of the row's own place.
[[nodiscard]] bool read_head(base::ByteReader& in, const store::Record& record,
                             store::RecordKind kind);

}  // namespace conclave::identity
