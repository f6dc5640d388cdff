#pragma once

#include <cstdint>
#include <string>

#include "policies/document/change.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/rules/evidence.hpp"
#include "runtime/store/rows.hpp"

namespace conclave::rules {

// With kMaxNote and the head well below the key process's 64 KiB for one row.
inline constexpr std::size_t kMaxDocument = 48 * 1024;  // bytes
inline constexpr std::size_t kMaxNote = 512;            // bytes

// One version of a tenant's policy: a row of power that is written once and never changed.
struct Version {
  TenantId tenant;
  std::uint64_t number = 0;  // from 1; gaps where a row was refused
  UserId by;
  TenantId by_tenant;
  std::int64_t set_ms = 0;    // UTC
  std::uint64_t copy_of = 0;  // the version that it brings back; 0: none
  policy::Effect effect;      // against what was in force before
  Evidence evidence;          // who signed, where it weakens or moves trust
  std::string note;           // why, in the admin's words; may be empty
  std::string document;       // TOML or JSON, as it was written
};

// As it lies in the store: what people typed is sealed under the tenant's system author.
struct SealedVersion {
  Version version;  // without note and document
  Bytes texts;
};

// What is sealed: note run | document run.
[[nodiscard]] Bytes texts_of(const Version& version);
// kMalformed unless `texts` is what texts_of() makes.
[[nodiscard]] Result<void> read_texts(ByteView texts, Version* version);

// Canonical bytes as in identity/records.hpp, with the place of the row in front:
//
//   "CVR1" | policy | tenant | kPolicySlot | number | kRowVersion |
//   set_ms i64 | by u64 | by_tenant u64 | copy_of u64 | effect u8 | evidence | texts run
inline constexpr std::uint64_t kPolicySlot = 1;  // `id` of the rows; `sub` is the number
inline constexpr std::uint64_t kRowVersion = 2;  // of the form; rows are not changed

[[nodiscard]] store::Record encode(const SealedVersion& sealed);
// What keeps the version from being in force: kChangeUnsigned when it weakens or moves trust and
// its evidence does not hold for exactly this document of this tenant.
[[nodiscard]] Result<void> check_evidence(const Version& version);

// kMalformed unless the bytes are exactly what encode() makes for the row's own place.
[[nodiscard]] Result<SealedVersion> decode(const store::Record& record);

}  // namespace conclave::rules
