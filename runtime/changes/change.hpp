#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policies/change/proposal.hpp"
#include "runtime/rules/evidence.hpp"
#include "runtime/store/rows.hpp"

namespace conclave::changes {

enum class State : std::uint8_t {
  pending = 1,    // waits for signatures
  effective = 2,  // took effect as `became`
  withdrawn = 3,
  expired = 4,
  superseded = 5,  // something else came into force first
};
[[nodiscard]] std::string_view to_text(State state);

// A change that had to be signed, from its proposal on; kept as history when it is over.
struct Change {
  policy::Proposal proposal;
  rules::Evidence evidence;   // the proposal's bytes and who signed them
  std::uint64_t copy_of = 0;  // the version that it brings back; 0: none
  State state = State::pending;
  std::int64_t closed_ms = 0;  // UTC; 0 while it is pending
  UserId closed_by;            // who withdrew it or signed last; none: the server itself
  TenantId closed_by_tenant;
  std::uint64_t became = 0;  // the version of the policy
  std::string note;          // why, in the proposer's words; may be empty
  std::string document;      // what is to be in force, as it was written
  std::uint64_t version = 0;
};

// As it lies in the store: note and document are sealed under the tenant's system author.
struct SealedChange {
  Change change;  // without note and document
  Bytes texts;
};

// What is sealed: note run | document run.
[[nodiscard]] Bytes texts_of(const Change& change);
// kMalformed unless `texts` is what texts_of() makes, of the document that was signed.
[[nodiscard]] Result<void> read_texts(ByteView texts, Change* change);

// Canonical bytes as in identity/records.hpp: id is the change, sub 0.
//
//   head | evidence | copy_of u64 | state u8 | closed i64 | closed by u64 | of tenant u64 |
//   became u64 | texts run
[[nodiscard]] store::Record encode(const SealedChange& sealed);
// kMalformed unless the bytes are exactly what encode() makes for the row's own place, of a kind
// that is known here.
[[nodiscard]] Result<SealedChange> decode_change(const store::Record& record);

}  // namespace conclave::changes
