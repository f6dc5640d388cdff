#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/bytes.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"

// An order to a device (wipe), and what is signed about it. Canonical bytes:
//
//   "CVO1" | kind run | order u64 | tenant u64 | user u64 | device u64 | SHA-256 of the device's
//   key 32 | nonce 32 | issued i64 | expires i64 | details run
//
// Integers are big-endian, runs have a u32 length. Who orders signs the same bytes that keyd signs
// and the device checks: nobody in between can turn them into another order.
namespace conclave::hsm::api {

inline constexpr std::size_t kMaxOrderDocument = 8 * 1024;
inline constexpr std::size_t kMaxOrderDetails = 4 * 1024;
inline constexpr std::size_t kMaxOrderSigners = 2;
inline constexpr std::string_view kWipe = "wipe";

struct OrderDocument {
  std::string kind;  // "wipe"; lower case letters, digits, '.', at most 32
  OrderId order;
  TenantId tenant;
  UserId user;  // whose device it is
  DeviceId device;
  base::Sha256 device_key_digest{};
  base::Sha256 nonce{};         // random: no two orders have the same bytes
  std::int64_t issued_ms = 0;   // UTC
  std::int64_t expires_ms = 0;  // UTC; not carried out afterwards
  Bytes details;                // of the kind; a wipe has none

  friend bool operator==(const OrderDocument&, const OrderDocument&) = default;
};

[[nodiscard]] Bytes encode(const OrderDocument& order);
// kMalformed for anything but what encode() makes of a document with a kind and ids.
[[nodiscard]] Result<OrderDocument> parse_order(ByteView document);

// On whose word keyd signed.
enum class OrderAuthority : std::uint8_t { owner = 1, admins = 2 };
[[nodiscard]] std::string_view to_text(OrderAuthority authority);
[[nodiscard]] Result<OrderAuthority> parse_authority(std::string_view text);

// What the owner's device or an admin's device signs:
//   transcript_digest("conclave/order/1", document)
[[nodiscard]] base::Sha256 order_statement(ByteView document);

// What the `command` key signs and the device checks:
//   transcript_digest("conclave/command/1", document, "owner" or "admins")
[[nodiscard]] base::Sha256 command_statement(ByteView document, OrderAuthority authority);

// What the device says of an order.
struct OrderReceipt {
  std::string stage;         // "arrived", then "executed"
  std::string outcome;       // "accepted" on arrival; "done" or "failed" afterwards
  std::string report;        // what was done, one line
  std::int64_t time_ms = 0;  // UTC, by the device's clock
  Bytes signature;           // by the device's key, over receipt_statement()
};

// What the device signs:
//   transcript_digest("conclave/receipt/1", order id text, SHA-256 of the document, stage, outcome,
//   report, time in decimal milliseconds)
[[nodiscard]] base::Sha256 receipt_statement(OrderId order, ByteView document,
                                             const OrderReceipt& receipt);

}  // namespace conclave::hsm::api
