#include "sdk/client/feed.hpp"

#include <algorithm>

namespace conclave::client {
namespace {

std::int64_t seq_of(const json::value& entry) {
  const auto* object = entry.if_object();
  const auto* seq = object != nullptr ? object->if_contains("seq") : nullptr;
  return seq != nullptr && seq->is_int64() ? seq->as_int64() : 0;
}

}  // namespace

Feed::Feed(const json::object& heads) {
  for (const auto& [room, seq] : heads) {
    if (seq.is_int64()) heads_.emplace(std::string(room), seq.as_int64());
  }
}

std::int64_t Feed::head(std::string_view room) const {
  const auto found = heads_.find(room);
  return found == heads_.end() ? 0 : found->second;
}

void Feed::reached(std::string_view room, std::int64_t seq) {
  const auto found = heads_.find(room);
  if (found == heads_.end()) {
    heads_.emplace(std::string(room), seq);
  } else {
    found->second = std::max(found->second, seq);
  }
}

void Feed::forget(std::string_view room) {
  if (const auto found = heads_.find(room); found != heads_.end()) heads_.erase(found);
}

RoomNews Feed::take(std::string_view room, json::array entries, std::int64_t first_seq) {
  const std::int64_t known = head(room);
  RoomNews out;
  out.room = std::string(room);
  std::ranges::sort(entries, {}, seq_of);
  std::int64_t newest = known;
  for (auto& entry : entries) {
    const std::int64_t seq = seq_of(entry);
    if (seq <= newest) continue;
    newest = seq;
    out.entries.push_back(std::move(entry));
  }
  if (out.entries.empty()) return out;
  const std::int64_t oldest = seq_of(out.entries.front());
  const std::int64_t covered_from = first_seq > 0 ? std::min(first_seq, oldest) : oldest;
  if (known > 0 && covered_from > known + 1) out.gap = RoomNews::Gap{known, covered_from};
  reached(room, newest);
  return out;
}

json::object Feed::heads() const {
  json::object out;
  for (const auto& [room, seq] : heads_) out.emplace(room, seq);
  return out;
}

}  // namespace conclave::client
