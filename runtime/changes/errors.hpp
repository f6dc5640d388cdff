#pragma once

#include "runtime/base/error.hpp"

namespace conclave::changes {

inline constexpr ErrorSpec kChangeNotFound{"change.not_found", ErrorKind::not_found,
                                           "There is no such change, or it is not one that you may "
                                           "see; see `conclavectl policy changes`."};
// The detail is its state.
inline constexpr ErrorSpec kChangeState{
    "change.state", ErrorKind::conflict,
    "The change does not wait any more: it took effect, was withdrawn, expired, or another change "
    "came before it. Propose it again if it is still wanted."};
inline constexpr ErrorSpec kChangeRole{
    "change.role", ErrorKind::denied,
    "This change waits for others: provider_admin signs for the provider, security_admin for the "
    "tenant, users without admin roles for themselves; an account that is newer than the change "
    "signs for nobody."};
inline constexpr ErrorSpec kChangeSigned{"change.signed", ErrorKind::conflict,
                                         "You have signed this change; it waits for other people."};
inline constexpr ErrorSpec kChangeInvalid{
    "change.invalid", ErrorKind::invalid,
    "The signature is not your device's over exactly this change; fetch its document and sign "
    "that."};
inline constexpr ErrorSpec kChangesFull{
    "change.too_many", ErrorKind::conflict,
    "Too many changes of this tenant wait; withdraw those that nobody wants any more."};

}  // namespace conclave::changes
