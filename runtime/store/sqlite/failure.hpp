#pragma once

#include "runtime/base/error.hpp"

struct sqlite3;

namespace conclave::store::sqlite {

// The Error for an extended SQLite result code other than OK, ROW and DONE. `connection` supplies
// text and errno; may be null.
[[nodiscard]] Error failure(sqlite3* connection, int code);

}  // namespace conclave::store::sqlite
