#pragma once

#include "runtime/base/error.hpp"

namespace conclave::factors {

// One answer for a wrong code, a used code and a factor that there is not: who guesses learns
// nothing.
inline constexpr ErrorSpec kFactorWrong{
    "factor.wrong", ErrorKind::denied,
    "The second factor was not right, or was used before; take the next code and try again."};
inline constexpr ErrorSpec kFactorThrottled{
    "factor.throttled", ErrorKind::limited,
    "Too many wrong answers; wait for retry_after_ms, then try again."};
inline constexpr ErrorSpec kFactorNotFound{"factor.not_found", ErrorKind::not_found,
                                           "There is no such second factor of this account."};
inline constexpr ErrorSpec kFactorLimit{
    "factor.limit", ErrorKind::limited,
    "This account has as many second factors as it may have; remove one first."};
inline constexpr ErrorSpec kEnrolmentOver{
    "factor.enrolment_over", ErrorKind::conflict,
    "This enrolment has expired, was replaced or failed too often; begin again (factor.enrol)."};
inline constexpr ErrorSpec kProofInvalid{
    "factor.proof_invalid", ErrorKind::invalid,
    "Prove who you are with exactly one of password, totp, recovery_code and webauthn."};
// The detail names the check: "origin", "challenge", "rp_id", "signature", "sign_count".
inline constexpr ErrorSpec kWebAuthnRefused{
    "webauthn.refused", ErrorKind::denied,
    "The authenticator's answer does not belong to this request; ask for a new challenge and use "
    "the page of this server."};
inline constexpr ErrorSpec kWebAuthnMalformed{
    "webauthn.malformed", ErrorKind::invalid,
    "The authenticator's answer does not have the form of WebAuthn; see docs/protocol.md."};

inline constexpr ErrorSpec kPasswordBreached{
    "password.breached", ErrorKind::invalid,
    "This password stands on a list of breached ones; choose one that nobody else uses."};
inline constexpr ErrorSpec kPasswordReused{
    "password.reused", ErrorKind::invalid,
    "You use this password for another account too; choose one of its own for this account."};

inline constexpr ErrorSpec kLinkRefused{
    "account.link_refused", ErrorKind::denied,
    "The link code is wrong, used or older than ten minutes; ask your other account for a new one "
    "(account.link_code)."};
inline constexpr ErrorSpec kLinkConflict{"account.link_conflict", ErrorKind::conflict,
                                         "This account is linked to others already; ask it for the "
                                         "code and use that in the new account, "
                                         "or unlink it first (account.unlink)."};
inline constexpr ErrorSpec kLinkSame{
    "account.link_same", ErrorKind::conflict,
    "Accounts are linked across organisations; this code is of your own one."};

}  // namespace conclave::factors
