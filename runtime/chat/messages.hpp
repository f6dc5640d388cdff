#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/async/task.hpp"
#include "runtime/chat/types.hpp"
#include "runtime/identity/actor.hpp"

namespace conclave::chat {

class Core;

// `client_id` is a counter of the device, from 1: a repeat of the same request gets the same answer
// and stores nothing; at most Limits::in_flight may wait for their answer.
struct SendMessage {
  RoomId room{};
  std::uint64_t client_id = 0;
  std::string text{};            // UTF-8
  std::uint64_t reply_to = 0;  // seq of a message, or 0
  std::uint64_t thread = 0;    // seq of the thread's root, or 0
  std::vector<UserId> mentions{};
  bool mention_all = false;
};
struct EditMessage {
  RoomId room{};
  std::uint64_t client_id = 0;
  std::uint64_t target = 0;
  std::string text{};
  std::vector<UserId> mentions{};
};
struct RedactMessage {
  RoomId room{};
  std::uint64_t client_id = 0;
  std::uint64_t target = 0;
  std::string reason{};  // at most 2,048 bytes
};
struct ReactMessage {
  RoomId room{};
  std::uint64_t client_id = 0;
  std::uint64_t target = 0;
  std::string emoji{};   // at most 64 bytes
  bool active = true;  // false: take it back
};
struct PinMessage {
  RoomId room{};
  std::uint64_t client_id = 0;
  std::uint64_t target = 0;
  bool active = true;
};

// At most one of before and after; neither: the newest entries.
struct HistoryQuery {
  RoomId room{};
  std::optional<std::uint64_t> before{};  // entries with a lower seq, newest page first
  std::optional<std::uint64_t> after{};   // entries with a higher seq; 0: from the beginning
  std::size_t limit = 50;
  // False: messages, membership and profile entries, for people. True: every entry without a gap,
  // edits, reactions and redactions too, for a device that catches up on what it knows already.
  bool all_kinds = false;
};
struct HistoryPage {
  std::vector<FoldedEntry> entries;  // by seq ascending
  std::uint64_t head_seq = 0;
  std::uint64_t first_seq = 0;  // the range that was looked through; page on with these
  std::uint64_t last_seq = 0;
  bool more = false;  // in the direction asked for
};
struct ThreadPage {
  std::vector<FoldedEntry> entries;  // without the root
  std::optional<std::uint64_t> next;
};
struct Mention {
  RoomId room{};
  std::uint64_t seq = 0;
  std::uint64_t pos = 0;
  std::optional<FoldedEntry> entry;  // none: the reader is not in the room any more
};
struct MentionPage {
  std::vector<Mention> mentions;      // oldest first
  std::optional<std::uint64_t> next;  // pass as `after_pos`
};

// Writes to and reads from rooms' logs. On the shard's thread. The writes take a callback, called
// on the same thread once the entry is on disk or refused (perhaps before the call returns): no
// coroutine a message. All writes need a joined member whose role may do it.
class Messages {
 public:
  explicit Messages(Core& core) : core_(core) {}

  void send(const identity::Actor& actor, SendMessage params, Callback<WriteReceipt> done);
  // Own messages only.
  void edit(const identity::Actor& actor, EditMessage params, Callback<WriteReceipt> done);
  // Erases the bodies of the message and of its edits in the same transaction.
  void redact(const identity::Actor& actor, RedactMessage params, Callback<WriteReceipt> done);
  void react(const identity::Actor& actor, ReactMessage params, Callback<WriteReceipt> done);
  void pin(const identity::Actor& actor, PinMessage params, Callback<WriteReceipt> done);

  Task<Result<HistoryPage>> history(identity::Actor actor, HistoryQuery query);
  Task<Result<FoldedEntry>> get(identity::Actor actor, RoomId room, std::uint64_t seq);
  // The first entry not older than ts_ms; 0 when all are older.
  Task<Result<std::uint64_t>> at(identity::Actor actor, RoomId room, std::int64_t ts_ms);
  Task<Result<ThreadPage>> thread(identity::Actor actor, RoomId room, std::uint64_t root,
                                  std::uint64_t after, std::size_t limit);
  Task<Result<std::vector<FoldedEntry>>> pins(identity::Actor actor, RoomId room);
  Task<Result<MentionPage>> mentions(identity::Actor actor, std::uint64_t after_pos,
                                     std::size_t limit);

 private:
  Core& core_;
};

}  // namespace conclave::chat
