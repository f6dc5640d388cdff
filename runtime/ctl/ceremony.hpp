#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>

#include "runtime/base/bytes.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/error.hpp"

// Orders of custodians (keys contract, K0): prepared by one, signed by k of n, each on a machine
// of their own, and given to keyd over its ceremony socket. An order is a JSON file that can be
// carried about: it holds no secret.
namespace conclave::ctl {

inline constexpr ErrorSpec kOrderBroken{
    "ceremony.order_broken", ErrorKind::invalid,
    "The file is no order; make one with `conclavectl ceremony prepare`."};
inline constexpr ErrorSpec kCustodianKeyUnusable{
    "ceremony.key_unusable", ErrorKind::invalid,
    "A custodian's key is a P-256 key in a PEM file that only its owner reads; "
    "`conclavectl ceremony new-key` makes one."};
inline constexpr ErrorSpec kCeremonyUnreachable{
    "ceremony.unreachable", ErrorKind::unavailable,
    "Nothing answers on STATE/run/ceremony.sock: start the server, and run this on its machine as "
    "the user that runs it."};
inline constexpr ErrorSpec kCeremonyRefused{
    "ceremony.refused", ErrorKind::denied,
    "The key process refused the order; the reason says which check failed. Prepare a new order, "
    "since each is taken once."};

// {"operation", "argument", "installation", "expiry_ms", "nonce", "approvals": []}, with a fresh
// nonce. keyd takes orders that end within a day.
[[nodiscard]] boost::json::object make_order(const std::string& operation,
                                             const std::string& argument,
                                             const std::string& installation,
                                             std::int64_t expiry_ms);
[[nodiscard]] Result<boost::json::object> load_order(const std::filesystem::path& file);
// The 32 bytes that custodians sign as message (hsm/keyd/ceremony.hpp); kOrderBroken.
[[nodiscard]] Result<base::Sha256> order_digest(const boost::json::object& order);
// What is asked for, in words, for whoever is about to sign.
[[nodiscard]] std::string order_in_words(const boost::json::object& order);
// Adds `name`'s signature (64 bytes r | s), or replaces the one that is there.
void add_approval(boost::json::object* order, const std::string& name, ByteView signature);

// One exchange with keyd, up to ten seconds; its answer, or its refusal.
[[nodiscard]] Result<boost::json::object> ask_keyd(const std::filesystem::path& socket,
                                                   const boost::json::object& request);

}  // namespace conclave::ctl
