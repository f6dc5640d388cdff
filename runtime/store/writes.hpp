#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "runtime/store/rows.hpp"

// What a transaction of the content store consists of.
namespace conclave::store {

// One commit of the log: becomes one journal row, drained into blocks, room rows and rings later.
struct JournalCommit {
  std::vector<Bytes> segments;  // sealed segments (hsm/api/segment.hpp), any rooms
  std::vector<RoomHead> heads;  // of every room touched, after this commit
  std::vector<RingEntry> ring;
};

struct PutRecord {
  Record row;
};
struct DeleteRecord {
  RecordKind kind{};
  TenantId tenant;
  std::uint64_t id = 0;
  std::uint64_t sub = 0;
};
// Everything but the heads, which only JournalCommit moves (they are written when the room is new).
struct PutRoom {
  RoomRow row;
};
// The room, its blocks, journal segments, members, annotations, mentions and content keys.
struct DeleteRoom {
  TenantId tenant;
  RoomId room;
};
struct PutMember {
  MemberRow row;
};
struct PutMarks {  // watermarks only
  TenantId tenant;
  RoomId room;
  UserId user;
  std::uint64_t read_seq = 0;
  std::uint64_t read_n = 0;
  std::uint64_t delivered_seq = 0;
};
struct PutUserState {
  UserStateRow row;
};
struct AddAnnotation {
  AnnotationRow row;
};
struct AddMention {
  MentionRow row;
};
struct PutContentKey {
  ContentKeyRow row;
};
struct PutDoomedKey {  // keeps since_ms of one that is there
  DoomedKeyRow row;
};
struct DeleteDoomedKey {
  TenantId tenant;
  DoomedKind kind{};
  std::uint64_t id = 0;
};
// Replaces every segment that covers [first_seq, last_seq] of a room, in journal and blocks, by
// these, which must cover the same seqs (redaction, merging of cold segments).
struct RewriteSegments {
  TenantId tenant;
  RoomId room;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::vector<Bytes> segments;
};
struct AppendAudit {
  AuditRow row;
};
// Everything of a tenant but its doomed keys, which are still to be destroyed.
struct DeleteTenant {
  TenantId tenant;
};
// Removes what only tells devices of an end: memberships in one of `ended_states` and deleted user
// state, last changed before `changed_before_ms`. Raises the tenant's expired_pos accordingly.
struct ExpireTombstones {
  TenantId tenant;
  std::int64_t changed_before_ms = 0;  // UTC; the data contract keeps 90 days
  std::vector<std::uint8_t> ended_states;
};

using Write = std::variant<JournalCommit, PutRecord, DeleteRecord, PutRoom, DeleteRoom, PutMember,
                           PutMarks, PutUserState, AddAnnotation, AddMention, PutContentKey,
                           RewriteSegments, AppendAudit, DeleteTenant, ExpireTombstones,
                           PutDoomedKey, DeleteDoomedKey>;

// Applied in order, all or nothing.
using Transaction = std::vector<Write>;

}  // namespace conclave::store
