#pragma once

#include <vector>

#include "hsm/api/order.hpp"

// What conclave-keyd is asked to sign an order with.
namespace conclave::hsm::api {

// The bytes of a row that decides about power and, when checking, its MAC.
struct PowerRow {
  Bytes content;  // canonical: table, keys, fields, row version
  Bytes mac;      // 32 bytes when checking, empty when asking for one
};

// Who stands for an order, as keyd checks it itself: the row of the device that signed, the row of
// the person that it belongs to, both with their MACs, and the device's signature over
// order_statement().
struct CommandSigner {
  PowerRow device;
  PowerRow user;
  Bytes signature;
};

// One signer: a device of the target's own person. Two: different admins of the tenant
// (user_admin or security_admin in their own rows), neither of whom is the target's person.
struct CommandRequest {
  Bytes document;   // encode(OrderDocument)
  PowerRow target;  // the row of the device that is to carry it out
  std::vector<CommandSigner> signers;
};

struct SignedCommand {
  OrderAuthority authority{};
  Bytes signature;  // 64 bytes r | s by the token's `command` key, over command_statement()
};

}  // namespace conclave::hsm::api
