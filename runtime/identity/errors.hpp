#pragma once

#include "runtime/base/error.hpp"

namespace conclave::identity {

// One answer for an unknown account, a wrong password, a bad signature, a revoked device and a
// damaged row: who guesses learns nothing.
inline constexpr ErrorSpec kSignInRefused{
    "sign_in.refused", ErrorKind::unauthenticated,
    "Check account and password; if this device was removed, enrol it again or ask your admin."};
inline constexpr ErrorSpec kSignInThrottled{"sign_in.throttled", ErrorKind::limited,
                                            "Too many failed attempts; wait, then try again."};
inline constexpr ErrorSpec kDeviceKeyInvalid{"device.key_invalid", ErrorKind::invalid,
                                             "The device key must be a point on P-256 (ES256, 65 "
                                             "bytes, uncompressed) or 32 bytes (Ed25519)."};
inline constexpr ErrorSpec kHelloExpired{
    "sign_in.hello_expired", ErrorKind::unauthenticated,
    "The server's nonce was used or is older than 30 s; ask for a new hello and sign again."};
inline constexpr ErrorSpec kBindingRefused{
    "sign_in.binding_refused", ErrorKind::unauthenticated,
    "The signature must be bound to this connection (tls-exporter, origin or loopback)."};
inline constexpr ErrorSpec kResumeRefused{
    "session.resume_refused", ErrorKind::unauthenticated,
    "The resume handle was used or has expired; sign in with the device key (session.prove)."};
inline constexpr ErrorSpec kSessionEnded{"session.ended", ErrorKind::unauthenticated,
                                         "This session has ended; sign in again."};
inline constexpr ErrorSpec kDeviceLimit{
    "device.limit", ErrorKind::limited,
    "This account has too many devices; remove one of them first."};
// Clients come back by themselves, later each time.
inline constexpr ErrorSpec kTenantConnections{
    "tenant.connections", ErrorKind::limited,
    "Your organisation has as many connections as it may have; try again later, or ask its admin."};

inline constexpr ErrorSpec kDenied{
    "role.missing", ErrorKind::denied,
    "Your account does not hold the role that this needs; ask an admin."};
inline constexpr ErrorSpec kRolesConflict{"role.conflict", ErrorKind::conflict,
                                          "An auditor cannot be an admin as well, and provider "
                                          "roles exist only in the provider's tenant."};
inline constexpr ErrorSpec kTenantNotFound{
    "tenant.not_found", ErrorKind::not_found,
    "There is no such tenant; see `conclavectl tenant list`."};
inline constexpr ErrorSpec kTenantExists{"tenant.exists", ErrorKind::conflict,
                                         "A tenant with this domain exists already."};
inline constexpr ErrorSpec kUserNotFound{"user.not_found", ErrorKind::not_found,
                                         "There is no such user in this tenant."};
inline constexpr ErrorSpec kUserExists{
    "user.exists", ErrorKind::conflict,
    "An account with this name exists already; names are not reused."};
inline constexpr ErrorSpec kGroupNotFound{"group.not_found", ErrorKind::not_found,
                                          "There is no such group in this tenant."};
inline constexpr ErrorSpec kGroupExists{"group.exists", ErrorKind::conflict,
                                        "A group with this name exists already."};
inline constexpr ErrorSpec kDeviceNotFound{"device.not_found", ErrorKind::not_found,
                                           "There is no such device of this user."};
inline constexpr ErrorSpec kSessionNotFound{"session.not_found", ErrorKind::not_found,
                                            "There is no such session; it may have ended."};
inline constexpr ErrorSpec kNameInvalid{
    "name.invalid", ErrorKind::invalid,
    "Names are 1 to 64 characters of a-z, 0-9, '.', '-' and '_'; domains follow DNS."};
inline constexpr ErrorSpec kTextInvalid{"text.invalid", ErrorKind::invalid,
                                        "The text is empty, too long or not valid UTF-8."};
inline constexpr ErrorSpec kPasswordWeak{"password.weak", ErrorKind::invalid,
                                         "Choose a longer password (10 characters or more unless "
                                         "configured otherwise), not the account's name."};
inline constexpr ErrorSpec kPasswordWrong{"password.wrong", ErrorKind::denied,
                                          "The old password is not right."};
inline constexpr ErrorSpec kPasswordBusy{
    "password.busy", ErrorKind::unavailable,
    "Too many people sign in at this moment; try again shortly."};
inline constexpr ErrorSpec kRowRefused{"row.refused", ErrorKind::unavailable,
                                       "A stored row does not carry the token's MAC and gives no "
                                       "power; an operator must restore a backup."};
inline constexpr ErrorSpec kChangesBusy{"changes.busy", ErrorKind::unavailable,
                                        "Too many changes wait to be stored; try again shortly."};
inline constexpr ErrorSpec kSetupRefused{
    "setup.refused", ErrorKind::unauthenticated,
    "The set-up secret is wrong, used or expired; restart the server to get a new one."};
inline constexpr ErrorSpec kLastAdmin{
    "role.last_admin", ErrorKind::conflict,
    "This would leave the provider's tenant without an admin; give somebody else the role first."};

}  // namespace conclave::identity
