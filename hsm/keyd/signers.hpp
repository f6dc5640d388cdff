#pragma once

#include "hsm/keyd/power_rows.hpp"

// keyd's own memory of whose signature counts under an order. conclaved may ask for the MAC of any
// row, so a MAC alone proves nothing against a conclaved that was broken into: it could invent a
// device or an admin. keyd therefore remembers (keyring.db) since when it has known each device and
// each admin, and that one was revoked:
//
// - A device counts once it has been known for keyd.order_wait_minutes; the first device of its
//   person at once. Another key under a known id, and a revoked device, never count.
// - An admin counts once the row has held the role for that long; a row without the role, or of
//   somebody who is not active, ends it. Old rows with their old MACs so gain nothing.
namespace conclave::hsm::keyd {

// To be called for each row before its MAC is given out. Rows of other kinds pass.
[[nodiscard]] Result<void> note_row(Service& service, ByteView content);

// kOrderRefused with the reason, or kOrderWait with the time that is left.
[[nodiscard]] Result<void> known_device(Service& service, const DeviceRow& device);
[[nodiscard]] Result<void> known_admin(Service& service, const UserRow& admin);

}  // namespace conclave::hsm::keyd
