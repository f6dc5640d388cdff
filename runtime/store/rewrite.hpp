#pragma once

#include "runtime/store/block_table.hpp"
#include "runtime/store/drain.hpp"
#include "runtime/store/journal.hpp"
#include "runtime/store/writes.hpp"

namespace conclave::store {

// Replaces segments where they lie: in one commit of the journal, or in blocks (the journal is
// drained first when both, or several commits, are touched). Inside the writer's transaction.
// kCommitRejected when the new segments do not cover exactly the seqs of those that they replace.
[[nodiscard]] Result<> rewrite_segments(const RewriteSegments& write, Journal& journal,
                                        BlockTable& blocks, Drain& drain);

}  // namespace conclave::store
