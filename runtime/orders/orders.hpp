#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/identity/administration.hpp"
#include "runtime/identity/connection_facts.hpp"
#include "runtime/identity/hello.hpp"
#include "runtime/identity/sound_rows.hpp"
#include "runtime/identity/throttle.hpp"
#include "runtime/orders/bans.hpp"
#include "runtime/sync/hub.hpp"

namespace conclave::orders {

// A device that may do nothing else comes for its orders: its key over K4's transcript, purpose
// "orders". Revoked and banned ones as well.
struct FetchRequest {
  std::string account;
  DeviceId device;
  Bytes nonce_s;
  Bytes nonce_c;  // 16 to 64 bytes
  std::string binding;
  Bytes signature;
};

// Orders to devices: given, queued, delivered, proven. On the shard's thread.
class Orders {
 public:
  struct Parts {
    identity::Directory& directory;
    identity::Sessions& sessions;
    identity::Throttle& throttle;
    identity::HelloNonces& nonces;
    identity::RowWriter& writer;
    const identity::Administration& administration;
    hsm::api::KeyService& keys;
    sync::Hub& hub;
    const base::Clock& clock;
    base::Random& random;
    StrongEnough strong_enough;  // never empty
  };
  explicit Orders(Parts parts) : parts_(std::move(parts)) {}

  // From the rows of a start. An unsound or missing order is not carried out and raises an alarm;
  // its device stays revoked by its own row.
  void load(const identity::SoundRows& rows);

  // The key that signs orders: a device keeps it from its enrolment on.
  [[nodiscard]] Task<Result<hsm::api::PublicKey>> command_key();

  // The document to sign; nothing is kept. kOrderOwnDevice, kOrderOpen, kDeviceNotFound.
  [[nodiscard]] Result<Bytes> prepare_own(const identity::Actor& actor, DeviceId device,
                                          std::string_view kind);
  // Needs user_admin or security_admin of this tenant.
  [[nodiscard]] Result<Bytes> prepare(const identity::Actor& actor, TenantId tenant, UserId user,
                                      DeviceId device, std::string_view kind);
  // With the signature of the caller's device over order_statement(document): keyd signs, the order
  // is queued, the target revoked and told.
  [[nodiscard]] Task<Result<Order>> submit_own(identity::Actor actor, Bytes document,
                                               Bytes signature);
  // The first of two admins.
  [[nodiscard]] Task<Result<Order>> propose(identity::Actor actor, TenantId tenant, UserId user,
                                            DeviceId device, Bytes document, Bytes signature);
  // The second. kOrderRole when it is the first again.
  [[nodiscard]] Task<Result<Order>> countersign(identity::Actor actor, TenantId tenant, UserId user,
                                                DeviceId device, OrderId order, Bytes signature);

  // Newest first; `device` none: of all the caller's devices.
  [[nodiscard]] std::vector<Order> list_own(const identity::Actor& actor, DeviceId device) const;
  [[nodiscard]] Result<std::vector<Order>> list(const identity::Actor& actor, TenantId tenant,
                                                UserId user, DeviceId device) const;

  // What a device has to carry out. kSignInRefused unless it proves its key.
  [[nodiscard]] Task<Result<std::vector<Order>>> fetch(FetchRequest request,
                                                       identity::ConnectionFacts facts);
  // Checked against the device's key and kept; the same stage again changes nothing and gets the
  // same answer. Needs no sign-in: the signature is the proof.
  [[nodiscard]] Task<Result<Order>> receipt(OrderId order, hsm::api::OrderReceipt receipt);

  // Marks what has expired; once a minute or so.
  [[nodiscard]] Task<void> upkeep();

 private:
  // What a document must agree with.
  struct Target {
    TenantId tenant;
    UserId user;
    DeviceId device;
  };
  [[nodiscard]] Result<Bytes> prepare_for(const Target& target, std::string_view kind);
  [[nodiscard]] Result<void> may_order(const identity::Actor& actor, const Target& target) const;
  [[nodiscard]] Result<Order> taken(const Target& target, Bytes document,
                                    const identity::Actor& actor, Bytes signature) const;
  [[nodiscard]] Result<void> no_open_order(const Target& target, std::string_view kind) const;
  [[nodiscard]] Task<Result<hsm::api::SignedCommand>> sign(Order order);
  [[nodiscard]] Task<Result<hsm::api::CommandRequest>> command_request(Order order);
  // Signed by keyd, stored, told. Holds the gate.
  [[nodiscard]] Task<Result<Order>> queue(identity::Actor actor, Order order);
  void announce(const Order& order);
  void tell(const Order& order, std::string_view change);
  [[nodiscard]] std::unexpected<Error> refuse(const identity::Throttle::Attempt& attempt,
                                              std::string_view why);
  [[nodiscard]] Task<Result<void>> expire(OrderId id);

  Parts parts_;
  std::map<OrderId, Order> orders_;
  std::optional<hsm::api::PublicKey> command_key_;
};

}  // namespace conclave::orders
