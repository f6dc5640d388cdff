#include "runtime/sync/cursor.hpp"

#include "runtime/base/bytes.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/sync/errors.hpp"

namespace conclave::sync {

std::string encode_cursor(Cursor cursor) {
  return base::base64url_encode(base::ByteWriter(12).u32(cursor.epoch).u64(cursor.pos).bytes());
}

Result<Cursor> decode_cursor(std::string_view text) {
  const auto bytes = base::base64url_decode(text);
  if (!bytes) return fail(kCursorInvalid);
  base::ByteReader reader(*bytes);
  Cursor out;
  out.epoch = reader.u32();
  out.pos = reader.u64();
  if (!reader.done()) return fail(kCursorInvalid);
  return out;
}

}  // namespace conclave::sync
