#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"

// What the content store keeps (data contract, "Tables"). Rows are plain values; blobs that are
// `sealed` or `mac`ed arrive that way and are never interpreted here.
namespace conclave::store {

// Rows that decide about power, other than rooms and memberships. `content` is canonical bytes made
// by identity; `mac` is keyd's over them. The store compares neither.
enum class RecordKind : std::uint8_t {
  tenant = 1,
  user = 2,
  credential = 3,
  device = 4,
  group = 5,
  group_member = 6,
  policy = 8,      // 7 is free
  factor = 9,      // a second factor of a user
  ban = 10,        // of a device
  order = 11,      // to a device
  approval = 12,   // of a newcomer by the primary device, with its signature
  recovery = 13,   // a way back in without the primary device
  consent = 14,    // what a user agreed to
  person = 15,     // accounts of one person in several tenants
  habit = 16,      // no power: sealed, bound to its place
  change = 17,     // of a policy, that waits for signatures or did
  authority = 18,  // whose client certificates a tenant lets in
};

struct Record {
  RecordKind kind{};
  TenantId tenant;
  std::uint64_t id = 0;   // of the thing: tenant, user, device, group
  std::uint64_t sub = 0;  // second key where needed: member of a group, number of a credential
  std::uint64_t version = 0;
  Bytes content;
  Bytes mac;
};

struct RoomRow {
  TenantId tenant;
  RoomId room;
  std::uint64_t head_seq = 0;
  std::uint64_t head_n = 0;
  std::uint64_t head_pos = 0;
  std::uint64_t last_all_seq = 0;  // newest @all mention
  std::uint64_t version = 0;       // of the power part
  Bytes power;                     // canonical: kind, join rule, permissions, creator
  Bytes mac;
  Bytes profile_sealed;  // name, topic
};

struct MemberRow {
  TenantId tenant;
  RoomId room;
  UserId user;
  std::uint8_t role = 0;
  std::uint8_t state = 0;     // chat::MemberState; ended ones are tombstones, kept 90 days
  std::uint64_t version = 0;  // of role and state
  Bytes mac;                  // over tenant, room, user, role, state, version
  std::uint64_t pos = 0;      // when role or state last changed
  std::int64_t changed_ms = 0;
  std::uint64_t read_seq = 0;
  std::uint64_t read_n = 0;
  std::uint64_t delivered_seq = 0;
};

struct UserStateRow {
  TenantId tenant;
  UserId user;
  std::string key;
  std::uint64_t pos = 0;
  std::uint64_t version = 0;
  bool deleted = false;  // a tombstone, so that other devices learn of it
  Bytes value_sealed;
};

struct AnnotationRow {
  TenantId tenant;
  RoomId room;
  std::uint64_t target = 0;
  std::uint64_t seq = 0;
  std::uint8_t kind = 0;  // chat::EntryKind
  UserId author;
  std::string emoji;  // reactions only
};

struct MentionRow {
  TenantId tenant;
  UserId user;
  std::uint64_t pos = 0;
  RoomId room;
  std::uint64_t seq = 0;
};

struct ContentKeyRow {
  TenantId tenant;
  RoomId room;
  UserId author;
  std::uint32_t generation = 0;
  Bytes key_id;  // 16 bytes
  Bytes blob;
};

struct AuditRow {
  std::uint64_t number = 0;  // gapless from 1
  std::int64_t ts_ms = 0;
  TenantId tenant;  // none: the installation's
  Bytes content_sealed;
  Bytes chain;  // SHA-256 over the previous chain value and this row
};

// The newest accepted sends of one device, for idempotency: at most 64, oldest first.
struct RingEntry {
  TenantId tenant;
  DeviceId device;
  std::uint64_t client_id = 0;
  RoomId room;
  std::uint64_t seq = 0;
};

struct RoomHead {
  TenantId tenant;
  RoomId room;
  std::uint64_t head_seq = 0;
  std::uint64_t head_n = 0;
  std::uint64_t head_pos = 0;
  std::uint64_t last_all_seq = 0;
};

// A room's or an author's key that keyd is still to destroy: written with what deletes the room or
// the author, taken away once keyd has confirmed.
enum class DoomedKind : std::uint8_t { room = 1, author = 2 };

struct DoomedKeyRow {
  TenantId tenant;
  DoomedKind kind{};
  std::uint64_t id = 0;       // of the room or the user
  std::int64_t since_ms = 0;  // UTC
};

// Highest pos of an expired tombstone, per tenant.
using ExpiredPositions = std::vector<std::pair<TenantId, std::uint64_t>>;

// ---- what a start reads

struct Ring {
  TenantId tenant;
  DeviceId device;
  std::vector<RingEntry> entries;  // oldest first
};

// The directory that a shard keeps in memory; contents of messages and user state are not part of
// it.
struct Snapshot {
  std::uint32_t epoch = 0;  // raised by every restore; part of each cursor
  std::vector<Record> records;
  std::vector<RoomRow> rooms;
  std::vector<MemberRow> members;
  std::vector<Ring> rings;
  std::vector<ContentKeyRow> content_keys;
  std::vector<DoomedKeyRow> doomed_keys;
  // Highest pos ever used, per tenant, also by what was deleted since.
  std::vector<std::pair<TenantId, std::uint64_t>> last_pos;
  ExpiredPositions expired_pos;  // a cursor below it answers sync.reset
  std::uint64_t last_audit_number = 0;
  Bytes last_audit_chain;
};

}  // namespace conclave::store
