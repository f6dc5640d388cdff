#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.hpp"

namespace conclave::client {

inline constexpr ErrorSpec kHomeUnusable{
    "home.unusable", ErrorKind::unavailable,
    "The device's folder must be yours and writable; choose another one with --home."};
inline constexpr ErrorSpec kHomeBusy{"home.busy", ErrorKind::conflict,
                                     "Another program uses this device's folder; end it, or use a "
                                     "second device (--device, --home)."};
inline constexpr ErrorSpec kHomeNewer{
    "home.newer", ErrorKind::invalid,
    "The device's folder was written by a newer version of this program; update the program."};
inline constexpr ErrorSpec kNotEnrolled{
    "device.not_enrolled", ErrorKind::unauthenticated,
    "This device is not signed in yet: run `conclave sign-in ACCOUNT --server URL --ca FILE`."};
inline constexpr ErrorSpec kAlreadyEnrolled{
    "device.enrolled", ErrorKind::conflict,
    "This device belongs to an account already; use another folder (--device, --home)."};
inline constexpr ErrorSpec kBadAddress{
    "server.address", ErrorKind::invalid,
    "Write the server as wss://host:port; ws://host:port only for a loopback address."};
inline constexpr ErrorSpec kUnreachable{
    "server.unreachable", ErrorKind::unavailable,
    "Is the server running, and are host and port right? It is tried again by itself."};
inline constexpr ErrorSpec kUntrusted{
    "server.untrusted", ErrorKind::denied,
    "The server's certificate does not come from the authority given with --ca, or is for another "
    "name. Do not go on before you know why."};
inline constexpr ErrorSpec kCertificateFile{"client.certificate", ErrorKind::invalid,
                                            "The client certificate has to be one PEM file: the "
                                            "certificate, what stands behind it, and its "
                                            "key without a passphrase."};
inline constexpr ErrorSpec kProtocol{
    "server.protocol", ErrorKind::internal,
    "The other end does not speak conclave.v1 in a version that this program knows."};
inline constexpr ErrorSpec kSignedOut{
    "session.signed_out", ErrorKind::unauthenticated,
    "This device was signed out, by you or from another device; connect again to go on."};
inline constexpr ErrorSpec kReplaced{
    "session.replaced", ErrorKind::conflict,
    "Another program signed in with this device's key; one program at a time may use a device."};
inline constexpr ErrorSpec kRevoked{
    "device.revoked", ErrorKind::unauthenticated,
    "This device was removed from the account; sign in with the password on a new device."};
inline constexpr ErrorSpec kWiped{
    "device.wiped", ErrorKind::unauthenticated,
    "This device was wiped by order: its messages, its key and its place in the account are gone "
    "from here. On flash storage old blocks may live on until they are used again."};
inline constexpr ErrorSpec kOrderForged{
    "order.forged", ErrorKind::denied,
    "Somebody gave an order that does not come from this device's owner or two admins; nothing was "
    "done. Tell your admin."};
inline constexpr ErrorSpec kNobodyWaits{
    "approval.nobody", ErrorKind::not_found,
    "No new device of yours waits for approval; it may have given up, sign in there again."};
inline constexpr ErrorSpec kNoProofAsked{
    "sign_in.no_step_up", ErrorKind::conflict,
    "No sign-in of this device waits for a proof; begin again."};
inline constexpr ErrorSpec kConnectionLost{"connection.lost", ErrorKind::unavailable,
                                           "The connection ended before the answer came."};
inline constexpr ErrorSpec kCallTimeout{"call.timeout", ErrorKind::unavailable,
                                        "The server did not answer in time."};
inline constexpr ErrorSpec kOutboxFull{
    "outbox.full", ErrorKind::limited,
    "Too many messages wait for the server; wait until some have been sent."};
inline constexpr ErrorSpec kCryptography{"cryptography", ErrorKind::internal,
                                         "The cryptographic library refused; see the detail."};
inline constexpr ErrorSpec kRefusedReason{"server.refused", ErrorKind::internal,
                                          "The server refused; see the detail."};

// An error that the server sent. Its reason and advice stay readable for the life of the process;
// after 512 different ones (no honest server has so many) further ones become kRefusedReason.
[[nodiscard]] Error server_error(int code, std::string_view reason, std::string_view advice,
                                 std::string detail, std::int64_t retry_after_ms);

}  // namespace conclave::client
