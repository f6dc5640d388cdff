#pragma once

#include "runtime/base/error.hpp"

namespace conclave::orders {

inline constexpr ErrorSpec kOrderNotFound{
    "order.not_found", ErrorKind::not_found,
    "There is no such order; see order.list, or `conclavectl device orders`."};
inline constexpr ErrorSpec kOrderInvalid{"order.invalid", ErrorKind::invalid,
                                         "This is not the document that the server made for this "
                                         "device; ask for a new one and sign it."};
inline constexpr ErrorSpec kOrderOwnDevice{
    "order.own_device", ErrorKind::invalid,
    "A device does not order about itself; give the order from another one, or sign it out."};
inline constexpr ErrorSpec kOrderOpen{
    "order.open", ErrorKind::conflict,
    "This device has such an order already that it has not carried out yet."};
inline constexpr ErrorSpec kOrderState{
    "order.state", ErrorKind::conflict,
    "The order does not wait for this any more; look at its state."};
inline constexpr ErrorSpec kOrderRole{
    "order.role", ErrorKind::denied,
    "Orders need two different admins of the organisation (user_admin or security_admin, granted "
    "to "
    "themselves and not through a group), neither of whom owns the device."};
inline constexpr ErrorSpec kReceiptRefused{"order.receipt_refused", ErrorKind::denied,
                                           "The receipt is not signed by the device's key over "
                                           "exactly this order, or there is no such one."};
inline constexpr ErrorSpec kReceiptEarly{"order.receipt_early", ErrorKind::conflict,
                                         "Send the receipt of arrival first."};
inline constexpr ErrorSpec kBanNotFound{"ban.not_found", ErrorKind::not_found,
                                        "This device is not banned."};

}  // namespace conclave::orders
