#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "hsm/api/order.hpp"

// Bans and orders as values.
namespace conclave::orders {

// That a device never comes back. One row for each device of a person: id = user, sub = device, so
// that a row that is gone still says whose it was.
struct Ban {
  TenantId tenant;
  UserId user;
  DeviceId device;
  base::Sha256 key_digest{};  // SHA-256 of the device's key
  Bytes hardware_digest;      // 32 bytes, or empty when it was not known
  // Given by an admin: holds for everybody of the tenant. Given by its person: for them alone, so
  // that nobody shuts colleagues out of a shared machine.
  bool wide = false;
  UserId by;
  TenantId by_tenant;
  std::int64_t at_ms = 0;      // UTC
  std::int64_t lifted_ms = 0;  // not 0: it holds no more; the row stays
  std::uint64_t version = 0;
};

enum class OrderState : std::uint8_t {
  proposed = 1,   // one admin has signed
  queued = 2,     // signed by keyd; the device has not come yet
  delivered = 3,  // the device has signed for its arrival
  executed = 4,   // the device has signed for its execution
  failed = 5,     // the device has signed that it could not
  expired = 6,
};
[[nodiscard]] std::string_view to_text(OrderState state);
[[nodiscard]] constexpr bool is_open(OrderState state) {
  return state == OrderState::queued || state == OrderState::delivered;
}

// Who stood for an order: kept as evidence.
struct OrderSignature {
  UserId user;
  DeviceId device;
  Bytes signature;
};

struct KeptReceipt {
  hsm::api::OrderReceipt receipt;
  std::int64_t kept_ms = 0;  // UTC, when the server got it
};

struct Order {
  hsm::api::OrderDocument document;
  Bytes bytes;  // encode(document)
  std::vector<OrderSignature> signatures;
  hsm::api::OrderAuthority authority = hsm::api::OrderAuthority::owner;
  Bytes command;  // keyd's signature; empty while it is only proposed
  OrderState state = OrderState::proposed;
  std::int64_t created_ms = 0;  // UTC
  std::optional<KeptReceipt> arrived;
  std::optional<KeptReceipt> executed;
  std::uint64_t version = 0;
};

}  // namespace conclave::orders
