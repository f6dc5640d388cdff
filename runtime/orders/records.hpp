#pragma once

#include "runtime/orders/model.hpp"
#include "runtime/store/rows.hpp"

// Canonical bytes of bans and orders, headed as in runtime/identity/records.hpp. A decoder accepts
// exactly what the encoder makes, and only for the place that the row was found in.
namespace conclave::orders {

[[nodiscard]] store::Record encode(const Ban& ban);
[[nodiscard]] store::Record encode(const Order& order);

[[nodiscard]] Result<Ban> decode_ban(const store::Record& record);
[[nodiscard]] Result<Order> decode_order(const store::Record& record);

}  // namespace conclave::orders
