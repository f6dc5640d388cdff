#pragma once

#include "runtime/identity/model.hpp"
#include "runtime/store/rows.hpp"

// The canonical bytes of rows that decide about power:
//
//   "CVR1" | kind u8 | tenant u64 | id u64 | sub u64 | version u64 | fields of the kind
//
// Integers are big-endian, runs have a u32 length. keyd's MAC covers all of it, so neither a field
// nor the row's place can be changed without it. A decoder accepts exactly what the encoder makes,
// and only for the place that the row was found in.
namespace conclave::identity {

inline constexpr std::uint64_t kPasswordSlot = 1;  // `sub` of a user's password

[[nodiscard]] store::Record encode(const Tenant& tenant);
[[nodiscard]] store::Record encode(const User& user);
[[nodiscard]] store::Record encode(TenantId tenant, const Credential& credential);
[[nodiscard]] store::Record encode(const Device& device);
[[nodiscard]] store::Record encode(const Group& group);
[[nodiscard]] store::Record encode_member(TenantId tenant, GroupId group, UserId user,
                                          std::uint64_t version);

[[nodiscard]] Result<Tenant> decode_tenant(const store::Record& record);
[[nodiscard]] Result<User> decode_user(const store::Record& record);
[[nodiscard]] Result<Credential> decode_credential(const store::Record& record);
[[nodiscard]] Result<Device> decode_device(const store::Record& record);
[[nodiscard]] Result<Group> decode_group(const store::Record& record);
[[nodiscard]] Result<void> decode_member(const store::Record& record);

}  // namespace conclave::identity
