#include <cstdint>
#include <cstdlib>

#include "runtime/store/batch.hpp"
#include "runtime/store/blobs.hpp"

namespace store = conclave::store;

// What lies in the database file: a damaged blob is refused, an accepted one encodes to the same
// bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const conclave::ByteView blob(data, size);
  if (auto commit = store::decode_commit(blob)) {
    conclave::Bytes again;
    store::encode_commit(*commit, again);
    if (again != conclave::Bytes(blob.begin(), blob.end())) std::abort();
    // A commit that is accepted has one gapless piece a room.
    if (const auto batch = store::make_batch(std::move(*commit))) {
      std::size_t entries = 0;
      for (const auto& piece : (*batch)->pieces) entries += piece.last_seq - piece.first_seq + 1;
      if (entries != (*batch)->entries) std::abort();
    }
  }
  if (const auto ring = store::decode_ring({1}, {2}, blob)) {
    if (store::encode_ring(*ring).size() != size) std::abort();
  }
  if (const auto segments = store::split_block(blob)) {
    conclave::Bytes again = store::begin_block();
    for (const auto segment : *segments) store::append_segment(again, segment);
    if (again.size() != size) std::abort();
  }
  return 0;
}
