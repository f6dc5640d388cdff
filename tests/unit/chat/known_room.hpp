#pragma once

#include <map>
#include <set>
#include <string>

#include "runtime/chat/types.hpp"

// What a client keeps of a room: it folds entries into messages as docs/protocol.md says.
namespace conclave::chat {

struct KnownMessage {
  std::string body;
  std::uint64_t edit_seq = 0;
  bool redacted = false;
  std::set<std::pair<std::string, UserId>> reactions;
};

struct KnownRoom {
  std::map<std::uint64_t, KnownMessage> messages;
  std::set<std::uint64_t> seqs;  // of every kind
  std::uint64_t read_seq = 0;

  void take(const LogEntry& entry) {
    if (!seqs.insert(entry.seq).second && entry.kind != EntryKind::message) return;
    const auto target = messages.find(entry.target);
    switch (entry.kind) {
      case EntryKind::message:
        messages.try_emplace(entry.seq).first->second.body = entry.body;
        break;
      case EntryKind::edit:
        if (target == messages.end() || target->second.edit_seq > entry.seq) break;
        target->second.edit_seq = entry.seq;
        if (!target->second.redacted) target->second.body = entry.body;
        break;
      case EntryKind::redaction:
        if (target != messages.end()) target->second = {"", target->second.edit_seq, true, {}};
        break;
      case EntryKind::reaction:
      case EntryKind::unreaction:
        if (target == messages.end() || target->second.redacted) break;
        if (entry.kind == EntryKind::reaction) {
          target->second.reactions.insert({entry.body, entry.author});
        } else {
          target->second.reactions.erase({entry.body, entry.author});
        }
        break;
      default:
        break;
    }
  }
  void take(const FoldedEntry& folded) {
    take(folded.entry);
    if (folded.entry.kind != EntryKind::message) return;
    KnownMessage& message = messages[folded.entry.seq];
    message.body = folded.entry.body;
    if (folded.edited) message.edit_seq = folded.edited->seq;
    message.redacted = folded.redacted.has_value();
    message.reactions.clear();
    for (const auto& reaction : folded.reactions) {
      for (const UserId user : reaction.users) {
        message.reactions.insert({R"({"emoji":")" + reaction.emoji + "\"}", user});
      }
    }
  }
};

}  // namespace conclave::chat
