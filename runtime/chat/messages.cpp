#include "runtime/chat/messages.hpp"

#include <algorithm>

#include "runtime/base/encoding.hpp"
#include "runtime/chat/body.hpp"
#include "runtime/chat/core.hpp"
#include "runtime/chat/errors.hpp"

// Writes to the log: from a request to an op in the pipeline.
namespace conclave::chat {
namespace {

Result<void> check_text(std::string_view text, const Limits& limits) {
  if (text.size() > limits.body_bytes) return fail(kBodyTooLarge);
  if (text.empty() || !base::is_utf8(text)) return fail(kParamsInvalid, "text");
  return {};
}

Result<void> clean_mentions(const Core& core, const identity::Actor& actor,
                            std::vector<UserId>& mentions) {
  if (mentions.size() > core.parts.limits.mentions_per_message) {
    return fail(kParamsInvalid, "too many mentions");
  }
  std::ranges::sort(mentions);
  mentions.erase(std::ranges::unique(mentions).begin(), mentions.end());
  for (const UserId user : mentions) {
    if (!core.parts.users.roles_of(actor.tenant, user)) {
      return fail(kUserNotFound, base::to_text(user));
    }
  }
  return {};
}

bool same(const LogEntry& entry, const Draft& draft) {
  // An erased body cannot be compared; the counter alone has to do.
  return entry.kind == draft.kind && entry.target == draft.target &&
         (entry.body.empty() || entry.body == draft.body);
}

Result<WriteReceipt> repeat_answer(const LogEntry& entry, RoomId room, const Draft& draft) {
  if (!same(entry, draft)) return fail(kClientIdConflict);
  return WriteReceipt{room, entry.seq, entry.n, entry.ts_ms, 0, true};
}

Task<void> answer_repeat(Core& core, RoomPtr room, std::uint64_t seq, Draft draft,
                         Callback<WriteReceipt> done) {
  std::vector<std::uint64_t> seqs(1, seq);
  const auto found = co_await core.reader.at(room, std::move(seqs));
  if (!found) {
    done(std::unexpected(found.error()));
  } else if (found->empty()) {
    done(fail(kMessageNotFound));
  } else {
    done(repeat_answer(found->front().entry, room->id, draft));
  }
}

// True when the request is a new one; otherwise `done` was or will be called.
bool is_fresh(Core& core, const identity::Actor& actor, RoomId room_id, std::uint64_t client_id,
              Draft& draft, Callback<WriteReceipt>& done) {
  using Seen = DeviceLogs::Seen;
  const DeviceKey device{actor.tenant, actor.device};
  const auto found = core.devices.look_up(device, client_id);
  switch (found.seen) {
    case Seen::fresh:
      if (core.devices.in_flight(device) < core.parts.limits.in_flight) return true;
      done(fail(kInFlight));
      return false;
    case Seen::stale:
      done(fail(kClientIdStale, std::to_string(found.high)));
      return false;
    case Seen::in_flight:
      if (core.pipeline.same_request(*found.op, draft, room_id)) {
        found.op->waiters.push_back(std::move(done));
      } else {
        done(fail(kClientIdConflict));
      }
      return false;
    case Seen::stored:
      break;
  }
  const RoomPtr room = core.rooms.find({actor.tenant, found.place.room});
  if (found.place.room != room_id) {
    done(fail(kClientIdConflict));
  } else if (!room || room->removed) {
    done(fail(kRoomNotFound));
  } else if (const LogEntry* entry = LogReader::cached(*room, found.place.seq)) {
    done(repeat_answer(*entry, room_id, draft));
  } else {
    core.tasks.spawn(answer_repeat(core, room, found.place.seq, std::move(draft), std::move(done)));
  }
  return false;
}

void refuse(Core& core, Op& op, const Error& error) {
  core.devices.drop(op.device(), op.client_id);
  op.answer(std::unexpected(error));
}

void submit_resolved(Core& core, std::unique_ptr<Op> op, const std::optional<EntryFacts>& facts) {
  // An unpinned message may have been redacted since.
  const bool erased = facts && facts->erased && op->draft.kind != EntryKind::unpin;
  if (!facts || facts->kind != EntryKind::message || erased) {
    return refuse(core, *op, kMessageNotFound);
  }
  op->draft.target_author = facts->author;
  core.pipeline.submit(std::move(op));
}

Task<void> resolve_target(Core& core, RoomPtr room, std::unique_ptr<Op> op) {
  const auto facts = co_await core.reader.facts(room, op->draft.target);
  if (!facts) {
    refuse(core, *op, facts.error());
  } else {
    submit_resolved(core, std::move(op), *facts);
  }
}

void write(Core& core, const identity::Actor& actor, RoomId room_id, std::uint64_t client_id,
           Draft draft, Callback<WriteReceipt> done) {
  if (client_id == 0) return done(fail(kParamsInvalid, "client_id"));
  if (!is_fresh(core, actor, room_id, client_id, draft, done)) return;
  const auto room = core.joined_room(actor, room_id);
  if (!room) return done(std::unexpected(room.error()));
  auto op = std::make_unique<Op>();
  op->actor = actor;
  op->room = room_id;
  op->client_id = client_id;
  op->bytes = draft.body.size() + sizeof(Op);
  op->draft = std::move(draft);
  op->waiters.push_back(std::move(done));
  core.devices.begin(op->device(), client_id, *op);
  const std::uint64_t target = op->draft.target;
  if (target == 0) return core.pipeline.submit(std::move(op));
  if (const auto facts = LogReader::cached_facts(**room, target)) {
    return submit_resolved(core, std::move(op), facts);
  }
  core.tasks.spawn(resolve_target(core, *room, std::move(op)));
}

}  // namespace

void Messages::send(const identity::Actor& actor, SendMessage params, Callback<WriteReceipt> done) {
  if (auto good = check_text(params.text, core_.parts.limits); !good) {
    return done(std::unexpected(good.error()));
  }
  if (auto good = clean_mentions(core_, actor, params.mentions); !good) {
    return done(std::unexpected(good.error()));
  }
  if (params.reply_to != 0) {
    const auto room = core_.joined_room(actor, params.room);
    if (room && params.reply_to > (*room)->head_seq) return done(fail(kMessageNotFound));
  }
  Draft draft;
  draft.kind = EntryKind::message;
  draft.target = params.thread;
  draft.body = message_body(params);
  draft.mentions = std::move(params.mentions);
  draft.mention_all = params.mention_all;
  write(core_, actor, params.room, params.client_id, std::move(draft), std::move(done));
}

void Messages::edit(const identity::Actor& actor, EditMessage params, Callback<WriteReceipt> done) {
  if (auto good = check_text(params.text, core_.parts.limits); !good) {
    return done(std::unexpected(good.error()));
  }
  if (auto good = clean_mentions(core_, actor, params.mentions); !good) {
    return done(std::unexpected(good.error()));
  }
  if (params.target == 0) return done(fail(kMessageNotFound));
  Draft draft;
  draft.kind = EntryKind::edit;
  draft.target = params.target;
  draft.body = edit_body(params);
  write(core_, actor, params.room, params.client_id, std::move(draft), std::move(done));
}

void Messages::redact(const identity::Actor& actor, RedactMessage params,
                      Callback<WriteReceipt> done) {
  constexpr std::size_t kReasonBytes = 2'048;
  if (params.reason.size() > kReasonBytes || !base::is_utf8(params.reason)) {
    return done(fail(kParamsInvalid, "reason"));
  }
  if (params.target == 0) return done(fail(kMessageNotFound));
  Draft draft;
  draft.kind = EntryKind::redaction;
  draft.target = params.target;
  draft.body = redaction_body(params.reason);
  write(core_, actor, params.room, params.client_id, std::move(draft), std::move(done));
}

void Messages::react(const identity::Actor& actor, ReactMessage params,
                     Callback<WriteReceipt> done) {
  constexpr std::size_t kEmojiBytes = 64;
  if (params.emoji.empty() || params.emoji.size() > kEmojiBytes || !base::is_utf8(params.emoji)) {
    return done(fail(kParamsInvalid, "emoji"));
  }
  if (params.target == 0) return done(fail(kMessageNotFound));
  Draft draft;
  draft.kind = params.active ? EntryKind::reaction : EntryKind::unreaction;
  draft.target = params.target;
  draft.body = reaction_body(params.emoji);
  draft.emoji = std::move(params.emoji);
  write(core_, actor, params.room, params.client_id, std::move(draft), std::move(done));
}

void Messages::pin(const identity::Actor& actor, PinMessage params, Callback<WriteReceipt> done) {
  if (params.target == 0) return done(fail(kMessageNotFound));
  Draft draft;
  draft.kind = params.active ? EntryKind::pin : EntryKind::unpin;
  draft.target = params.target;
  draft.body = "{}";
  write(core_, actor, params.room, params.client_id, std::move(draft), std::move(done));
}

}  // namespace conclave::chat
