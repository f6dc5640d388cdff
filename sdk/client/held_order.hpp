#pragma once

#include <boost/json/object.hpp>
#include <optional>

#include "hsm/api/order.hpp"
#include "sdk/client/client.hpp"
#include "sdk/client/device_key.hpp"

namespace conclave::client {

// An order that this device has accepted and is carrying out: order.json, mode 0600, from the
// acceptance until the server has the receipt of execution. A crash in between goes on from it.
struct HeldOrder {
  hsm::api::OrderDocument document;
  Bytes bytes;  // of the document, as they were signed
  hsm::api::OrderAuthority authority{};
  hsm::api::OrderReceipt arrived;
  std::optional<hsm::api::OrderReceipt> executed;  // the data are gone
};

// Checks an order from the server (DeviceOrder): signed by the pinned `command` key (DER), for this
// very device and key, of a kind that this program knows, not expired. kOrderForged.
[[nodiscard]] Result<HeldOrder> check_order(const json::object& order, ByteView command_key,
                                            const SignedIn& self, const DeviceKey& key,
                                            std::int64_t now_ms);

// Receipts, signed by the device's key.
[[nodiscard]] Result<hsm::api::OrderReceipt> sign_receipt(const HeldOrder& order,
                                                          const DeviceKey& key, std::string stage,
                                                          std::string outcome, std::string report,
                                                          std::int64_t now_ms);
// Parameters of order.receipt.
[[nodiscard]] json::object receipt_params(const HeldOrder& order,
                                          const hsm::api::OrderReceipt& receipt);

[[nodiscard]] json::object to_json(const HeldOrder& order);
[[nodiscard]] Result<HeldOrder> held_order_from(const json::object& object);

// Whoever signs an order reads it first: it must be of this kind, about this device of this
// account. Gives the signature. kOrderForged.
[[nodiscard]] Result<Bytes> sign_order(ByteView document, std::string_view kind, DeviceId device,
                                       const SignedIn& self, const DeviceKey& key);

}  // namespace conclave::client
