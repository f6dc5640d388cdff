#pragma once

#include <vector>

#include "runtime/store/writes.hpp"

// The blobs that the store itself defines. Each begins with a version byte; a newer one is refused
// with kStoreTooNew, a malformed one with kStoreBroken. Integers are big-endian.
namespace conclave::store {

//   1 | heads u32 x (tenant, room, head_seq, head_n, head_pos, last_all_seq)
//     | ring u32 x (tenant, device, client_id, room, seq) | segments u32 x (length u32, bytes)
// Replaces the contents of `out`, whose capacity is kept from commit to commit.
void encode_commit(const JournalCommit& commit, Bytes& out);
[[nodiscard]] Result<JournalCommit> decode_commit(ByteView blob);

//   1 | n x (client_id, room, seq)
[[nodiscard]] Bytes encode_ring(const std::vector<RingEntry>& entries);
[[nodiscard]] Result<std::vector<RingEntry>> decode_ring(TenantId tenant, DeviceId device,
                                                         ByteView blob);

//   1 | n x (length u32, bytes)
[[nodiscard]] Bytes begin_block();
void append_segment(Bytes& block, ByteView segment);
// Views into the blob.
[[nodiscard]] Result<std::vector<ByteView>> split_block(ByteView blob);

}  // namespace conclave::store
