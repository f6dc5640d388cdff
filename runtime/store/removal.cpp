#include "runtime/store/removal.hpp"

#include <array>
#include <string>

#include "runtime/store/preparation.hpp"

namespace conclave::store {
namespace {

constexpr std::array kRoomTables{"block", "member", "annotation", "mention", "content_key", "room"};
constexpr std::array kTenantTables{"block", "member", "annotation", "mention", "content_key",
                                   "room",  "record", "user_state", "ring",    "position"};

}  // namespace

Result<Removal> Removal::prepare(sqlite::Database& database) {
  Removal removal;
  Preparation statement(database);
  removal.keep_room_position_ = statement(
      "INSERT INTO position(tenant, last_pos, expired_pos) SELECT ?1, max("
      " coalesce((SELECT head_pos FROM room WHERE tenant=?1 AND room=?2), 0),"
      " coalesce((SELECT max(pos) FROM member WHERE tenant=?1 AND room=?2), 0)), 0 WHERE true"
      " ON CONFLICT(tenant) DO UPDATE SET last_pos=max(last_pos, excluded.last_pos)");
  for (const char* table : kRoomTables) {
    removal.delete_room_.push_back(
        statement(std::string("DELETE FROM ") + table + " WHERE tenant=? AND room=?"));
  }
  for (const char* table : kTenantTables) {
    removal.delete_tenant_.push_back(
        statement(std::string("DELETE FROM ") + table + " WHERE tenant=?"));
  }
  removal.keep_member_position_ = statement(
      "INSERT INTO position(tenant, last_pos, expired_pos) SELECT ?1, coalesce(max(pos), 0),"
      " coalesce(max(pos), 0) FROM member WHERE tenant=?1 AND state=?2 AND changed_ms<?3"
      " ON CONFLICT(tenant) DO UPDATE SET last_pos=max(last_pos, excluded.last_pos),"
      " expired_pos=max(expired_pos, excluded.expired_pos)");
  removal.expire_members_ =
      statement("DELETE FROM member WHERE tenant=? AND state=? AND changed_ms<?");
  removal.keep_state_position_ = statement(
      "INSERT INTO position(tenant, last_pos, expired_pos) SELECT ?1, coalesce(max(pos), 0),"
      " coalesce(max(pos), 0) FROM user_state WHERE tenant=?1 AND deleted AND changed_ms<?2"
      " ON CONFLICT(tenant) DO UPDATE SET last_pos=max(last_pos, excluded.last_pos),"
      " expired_pos=max(expired_pos, excluded.expired_pos)");
  removal.expire_states_ =
      statement("DELETE FROM user_state WHERE tenant=? AND deleted AND changed_ms<?");
  CONCLAVE_TRY(statement.outcome());
  return removal;
}

Result<> Removal::apply(const DeleteRoom& write) {
  CONCLAVE_TRY(keep_room_position_.run(write.tenant, write.room));
  for (auto& statement : delete_room_) CONCLAVE_TRY(statement.run(write.tenant, write.room));
  return {};
}

Result<> Removal::apply(const DeleteTenant& write) {
  for (auto& statement : delete_tenant_) CONCLAVE_TRY(statement.run(write.tenant));
  return {};
}

Result<> Removal::apply(const ExpireTombstones& write) {
  for (const std::uint8_t state : write.ended_states) {
    CONCLAVE_TRY(keep_member_position_.run(write.tenant, state, write.changed_before_ms));
    CONCLAVE_TRY(expire_members_.run(write.tenant, state, write.changed_before_ms));
  }
  CONCLAVE_TRY(keep_state_position_.run(write.tenant, write.changed_before_ms));
  return expire_states_.run(write.tenant, write.changed_before_ms);
}

}  // namespace conclave::store
