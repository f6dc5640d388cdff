#pragma once

#include "hsm/api/protocol.hpp"

namespace conclave::hsm::keyd {

// What a user's sealed row is bound to (K3).
[[nodiscard]] inline Bytes row_aad(const api::RowItemView& row) {
  base::ByteWriter out(64 + row.table.size() + row.row_id.size() + row.column.size());
  out.raw("CVR1").u64(row.tenant.value).u64(row.author.value);
  out.run(row.table).run(row.row_id).run(row.column).u64(row.version);
  return out.take();
}

}  // namespace conclave::hsm::keyd
