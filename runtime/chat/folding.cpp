#include "runtime/chat/folding.hpp"

#include <algorithm>
#include <map>

#include "runtime/chat/body.hpp"

namespace conclave::chat {
namespace {

constexpr std::size_t kReactorsShown = 20;
constexpr std::size_t kAnnotationPage = 5'000;  // of ContentStore::read_annotations
constexpr std::size_t kEmojiShown = 200;

// What is known of one message from its annotations.
struct Marks {
  std::uint64_t edit_seq = 0;
  std::uint64_t redaction_seq = 0;
  UserId redactor;
  // Emoji in the order of their first use.
  std::vector<std::pair<std::string, std::vector<UserId>>> reactions;
};
using MarksByTarget = std::map<std::uint64_t, Marks>;

void react(Marks& marks, const store::AnnotationRow& row, bool active) {
  auto place = std::ranges::find(marks.reactions, row.emoji,
                                 &std::pair<std::string, std::vector<UserId>>::first);
  if (place == marks.reactions.end()) {
    if (!active) return;
    marks.reactions.push_back({row.emoji, {}});
    place = std::prev(marks.reactions.end());
  }
  std::erase(place->second, row.author);
  if (active) place->second.push_back(row.author);
  if (place->second.empty()) marks.reactions.erase(place);
}

void apply(MarksByTarget& all, const store::AnnotationRow& row) {
  Marks& marks = all[row.target];
  switch (EntryKind{row.kind}) {
    case EntryKind::edit:
      marks.edit_seq = row.seq;
      break;
    case EntryKind::redaction:
      marks.redaction_seq = row.seq;
      marks.redactor = row.author;
      break;
    case EntryKind::reaction:
      react(marks, row, true);
      break;
    case EntryKind::unreaction:
      react(marks, row, false);
      break;
    default:
      break;
  }
}

Task<Result<MarksByTarget>> read_marks(store::ContentStore& store, RoomPtr room,
                                       std::uint64_t first, std::uint64_t last) {
  MarksByTarget out;
  while (true) {
    auto rows = co_await async::await_callback<std::vector<store::AnnotationRow>>([&](auto done) {
      store.read_annotations(room->tenant, room->id, first, last, std::move(done));
    });
    if (!rows) co_return std::unexpected(rows.error());
    const bool full = rows->size() >= kAnnotationPage;
    // A page that is full may end inside a target: that one is read again, unless it fills the page
    // alone.
    const std::uint64_t cut = full ? rows->back().target : 0;
    const bool alone = full && rows->front().target == cut;
    for (const auto& row : *rows) {
      if (!full || alone || row.target != cut) apply(out, row);
    }
    if (!full || (alone && cut == last)) co_return out;
    first = alone ? cut + 1 : cut;
  }
}

void fold_one(FoldedEntry& folded, const Marks& marks, UserId reader,
              const std::map<std::uint64_t, OpenedEntry>& others) {
  const auto other = [&](std::uint64_t seq) -> const OpenedEntry* {
    const auto found = others.find(seq);
    return found == others.end() ? nullptr : &found->second;
  };
  if (marks.redaction_seq != 0) {
    const OpenedEntry* const redaction = other(marks.redaction_seq);
    folded.redacted = Redacted{marks.redactor, redaction ? redaction->entry.ts_ms : 0};
    folded.entry.body.clear();
    folded.unreadable = false;
    return;
  }
  if (const OpenedEntry* const edit = other(marks.edit_seq)) {
    folded.edited = Edited{edit->entry.seq, edit->entry.ts_ms};
    if (edit->unreadable || edit->entry.body.empty()) {
      folded.unreadable = true;
      folded.entry.body.clear();
    } else {
      folded.entry.body = edited_body(folded.entry.body, edit->entry.body);
    }
  }
  for (const auto& [emoji, users] : marks.reactions) {
    if (folded.reactions.size() == kEmojiShown) break;
    Reaction reaction{emoji, static_cast<std::uint32_t>(users.size()), users,
                      std::ranges::find(users, reader) != users.end()};
    if (reaction.users.size() > kReactorsShown) reaction.users.resize(kReactorsShown);
    folded.reactions.push_back(std::move(reaction));
  }
}

}  // namespace

Task<Result<std::vector<FoldedEntry>>> fold(store::ContentStore& store, LogReader& log,
                                            RoomPtr room, UserId reader,
                                            std::vector<OpenedEntry> entries) {
  std::vector<FoldedEntry> out;
  for (OpenedEntry& each : entries) {
    FoldedEntry folded;
    folded.entry = std::move(each.entry);
    folded.unreadable = each.unreadable;
    out.push_back(std::move(folded));
  }
  const auto is_message = [](const FoldedEntry& each) {
    return each.entry.kind == EntryKind::message;
  };
  const auto first = std::ranges::find_if(out, is_message);
  if (first == out.end()) co_return out;
  const auto last = std::ranges::find_if(out.rbegin(), out.rend(), is_message);
  const auto marks = co_await read_marks(store, room, first->entry.seq, last->entry.seq);
  if (!marks) co_return std::unexpected(marks.error());

  std::vector<std::uint64_t> wanted;
  for (const FoldedEntry& each : out) {
    const auto found = marks->find(each.entry.seq);
    if (!is_message(each) || found == marks->end()) continue;
    const Marks& mark = found->second;
    if (mark.redaction_seq != 0) {
      wanted.push_back(mark.redaction_seq);
    } else if (mark.edit_seq != 0) {
      wanted.push_back(mark.edit_seq);
    }
  }
  std::ranges::sort(wanted);
  auto read = co_await log.at(room, std::move(wanted));
  if (!read) co_return std::unexpected(read.error());
  std::map<std::uint64_t, OpenedEntry> others;
  for (OpenedEntry& each : *read) {
    const std::uint64_t seq = each.entry.seq;
    others.emplace(seq, std::move(each));
  }
  for (FoldedEntry& each : out) {
    const auto found = marks->find(each.entry.seq);
    if (is_message(each) && found != marks->end()) fold_one(each, found->second, reader, others);
  }
  co_return out;
}

}  // namespace conclave::chat
