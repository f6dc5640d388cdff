#pragma once

#include <cstdint>

#include "hsm/api/signature.hpp"
#include "hsm/keyd/service.hpp"

// What keyd itself reads out of rows of power, once their MAC holds: the heads and first fields of
// the canonical bytes that runtime/identity/records.hpp describes. Later fields may follow; a test
// holds both sides to each other.
namespace conclave::hsm::keyd {

struct DeviceRow {
  TenantId tenant;
  DeviceId device;
  UserId user;
  api::VerifyKey key;
  bool revoked = false;
};

struct UserRow {
  TenantId tenant;
  UserId user;
  bool active = false;
  bool order_admin = false;  // user_admin or security_admin among the user's own roles
};

// Without a look at the MAC. kMalformed.
[[nodiscard]] Result<DeviceRow> parse_device_row(ByteView content);
[[nodiscard]] Result<UserRow> parse_user_row(ByteView content);

// The MAC of the `rows` key holds; other errors are the token's.
[[nodiscard]] Result<bool> sound_row(Service& service, const api::PowerRow& row);

}  // namespace conclave::hsm::keyd
