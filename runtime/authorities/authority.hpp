#pragma once

#include <cstdint>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/store/rows.hpp"

namespace conclave::authorities {

struct AuthorityTag {
  static constexpr char kPrefix = 'c';
};
using AuthorityId = base::Id<AuthorityTag>;

inline constexpr std::size_t kMostAuthorities = 8;           // of one tenant
inline constexpr std::size_t kMostPemBytes = 8 * 1024;       // of a certificate as it is sent
inline constexpr std::size_t kMostListPemBytes = 56 * 1024;  // of a revocation list

// Somebody whose client certificates a tenant lets in: a row of power.
struct Authority {
  TenantId tenant;
  AuthorityId id;
  std::uint64_t version = 0;
  Bytes certificate;            // DER
  Bytes revocations;            // CRL, DER (RFC 5280, 5); empty: it revokes none
  std::int64_t changed_ms = 0;  // UTC
  UserId by;                    // who changed it last
  TenantId by_tenant;
};

// Canonical bytes as in identity/records.hpp, with the place of the row in front:
//
//   "CVR1" | authority | tenant | id | 0 | version |
//   changed_ms i64 | by u64 | by_tenant u64 | certificate run | revocations run
[[nodiscard]] store::Record encode(const Authority& authority);
// kMalformed unless the bytes are exactly what encode() makes for the row's own place. What stands
// in the runs is not looked at.
[[nodiscard]] Result<Authority> decode(const store::Record& record);

}  // namespace conclave::authorities
