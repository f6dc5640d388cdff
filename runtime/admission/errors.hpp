#pragma once

#include "runtime/base/error.hpp"

namespace conclave::admission {

// With members outcome, score, reasons (each with code and advice).
inline constexpr ErrorSpec kNotAllowed{
    "sign_in.not_allowed", ErrorKind::denied,
    "Your organisation's rules speak against this sign-in; the reasons say what you can do."};
// With members ticket, expires_ms, step_ups, reasons.
inline constexpr ErrorSpec kStepUpNeeded{
    "sign_in.step_up", ErrorKind::unauthenticated,
    "One more proof is needed: show one of the factors that are listed, with session.step_up."};
inline constexpr ErrorSpec kTicketUnknown{
    "sign_in.ticket_unknown", ErrorKind::unauthenticated,
    "This sign-in was used, is older than ten minutes or was forgotten; begin again."};
inline constexpr ErrorSpec kFactorUnavailable{
    "factor.unavailable", ErrorKind::invalid,
    "This factor is not set up, or does not count here; use one that the sign-in lists."};
inline constexpr ErrorSpec kSmsOnGsm{
    "factor.sms_on_gsm", ErrorKind::denied,
    "SMS does not count on a GSM network. Use another factor, or another network."};
inline constexpr ErrorSpec kSessionRestricted{
    "session.restricted", ErrorKind::denied,
    "This session may only do what sets its account right; the reasons say what is missing."};
// With members approval, number, qr, expires_ms.
inline constexpr ErrorSpec kApprovalPending{
    "approval.pending", ErrorKind::unauthenticated,
    "The primary device has been asked: type the number there, then ask again."};
inline constexpr ErrorSpec kApprovalBusy{
    "approval.busy", ErrorKind::limited,
    "Another device waits for approval; only one is asked for at a time."};
inline constexpr ErrorSpec kApprovalUnknown{
    "approval.not_found", ErrorKind::not_found,
    "There is no such request; it was answered, or has expired."};
inline constexpr ErrorSpec kApprovalWrong{
    "approval.wrong", ErrorKind::denied,
    "The number or code does not belong to this request, so it was refused: somebody may be "
    "trying to get in."};
inline constexpr ErrorSpec kNotPrimary{"device.not_primary", ErrorKind::denied,
                                       "Only the primary device may do this."};
inline constexpr ErrorSpec kPrimaryUnfit{
    "device.primary_unfit", ErrorKind::conflict,
    "A primary device needs a hardware and a service identifier, and attestation where the "
    "organisation asks for it."};
inline constexpr ErrorSpec kStrengthNeeded{
    "device.strength_needed", ErrorKind::denied,
    "Do this from the primary device, or show a second factor first (session.verify)."};
inline constexpr ErrorSpec kRecoveryUnavailable{
    "recovery.unavailable", ErrorKind::conflict,
    "This way back in is not open: your organisation does not allow it, or none is needed."};

}  // namespace conclave::admission
