#include "hsm/keyd/operation.hpp"

#include <array>

namespace conclave::hsm::keyd {
namespace {

using api::Operation;

constexpr OperationEntry entry(std::string_view name, Lane lane, Handler handler,
                               bool needs_token = true) {
  return {name, lane, needs_token, handler};
}

// In the order of api::Operation, whose first number is 1.
constexpr std::array<OperationEntry, api::kOperationCount> kTable = {
    entry("status", Lane::typed, status, false),
    entry("tenant.create", Lane::typed, create_tenant),
    entry("content_key.create", Lane::sealing, create_content_key),
    entry("content_key.open", Lane::sealing, open_content_key),
    entry("segment.seal", Lane::sealing, seal),
    entry("segment.open", Lane::sealing, open),
    entry("row.seal", Lane::sealing, seal_rows),
    entry("row.open", Lane::sealing, open_rows),
    entry("row.mac", Lane::typed, mac_rows),
    entry("row.check", Lane::typed, check_rows),
    entry("password.mac", Lane::typed, password_mac),
    entry("access.issue", Lane::typed, issue_access),
    entry("audit.head", Lane::typed, sign_audit_head),
    entry("tls.sign", Lane::tls, tls_sign),
    entry("public_key.get", Lane::typed, public_key),
    entry("cert.issue", Lane::typed, issue_certificate),
    entry("room_key.delete", Lane::typed, delete_room_key),
    entry("author_key.delete", Lane::typed, delete_author_key),
    entry("epoch.turn", Lane::maintenance, turn_epoch),
    entry("keyring.copy", Lane::maintenance, copy_keyring),
    entry("keyring.confirm", Lane::maintenance, confirm_keyring_copy),
    entry("anchor.read", Lane::typed, read_anchor),
    entry("anchor.move", Lane::typed, move_anchor),
    entry("command.issue", Lane::typed, issue_command),
    entry("reuse.mac", Lane::typed, reuse_mac),
};

}  // namespace

const OperationEntry* find_operation(std::uint8_t number) {
  return number >= 1 && number <= kTable.size() ? &kTable[number - 1U] : nullptr;
}

}  // namespace conclave::hsm::keyd
