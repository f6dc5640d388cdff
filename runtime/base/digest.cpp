#include "runtime/base/digest.hpp"

#include <sodium.h>

namespace conclave::base {

Sha256 sha256(ByteView bytes) {
  Sha256 out;
  crypto_hash_sha256(out.data(), bytes.data(), bytes.size());
  return out;
}

Sha256 sha256(std::string_view text) {
  return sha256(as_bytes(text));
}

Sha256 transcript_digest(std::initializer_list<ByteView> fields) {
  ByteWriter writer(256);
  for (const ByteView field : fields) writer.run(field);
  return sha256(writer.bytes());
}

}  // namespace conclave::base
