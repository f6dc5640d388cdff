#include "runtime/store/tail.hpp"

#include "runtime/base/assert.hpp"

namespace conclave::store {

void Tail::append(std::uint64_t commit_no, BatchPtr batch) {
  CONCLAVE_ASSERT(batches_.empty() || batches_.rbegin()->first < commit_no);
  for (const auto& piece : batch->pieces) {
    rooms_[piece.room].push_back({commit_no, piece.first_seq, piece.last_seq, piece.first_ts_ms});
  }
  entries_ += batch->entries;
  batches_.emplace_hint(batches_.end(), commit_no, std::move(batch));
}

void Tail::replace(std::uint64_t commit_no, BatchPtr batch) {
  const auto found = batches_.find(commit_no);
  CONCLAVE_ASSERT(found != batches_.end() && found->second->entries == batch->entries);
  found->second = std::move(batch);
}

void Tail::remove(std::uint64_t commit_no) {
  const auto found = batches_.begin();
  CONCLAVE_ASSERT(found != batches_.end() && found->first == commit_no);
  for (const auto& piece : found->second->pieces) {
    const auto room = rooms_.find(piece.room);
    CONCLAVE_ASSERT(room != rooms_.end() && room->second.front().commit_no == commit_no);
    room->second.erase(room->second.begin());
    if (room->second.empty()) rooms_.erase(room);
  }
  entries_ -= found->second->entries;
  batches_.erase(found);
}

std::optional<std::uint64_t> Tail::last_seq(const RoomKey& room) const {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return std::nullopt;
  return found->second.back().last_seq;
}

std::vector<Tail::RoomPiece> Tail::pieces(const RoomKey& room, std::uint64_t first_seq,
                                          std::uint64_t last_seq) const {
  std::vector<RoomPiece> result;
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return result;
  for (const auto& piece : found->second) {
    if (piece.last_seq >= first_seq && piece.first_seq <= last_seq) result.push_back(piece);
  }
  return result;
}

std::vector<TailSegment> Tail::segments(const RoomKey& room, std::uint64_t first_seq,
                                        std::uint64_t last_seq) const {
  std::vector<TailSegment> result;
  for (const auto& piece : pieces(room, first_seq, last_seq)) {
    const BatchPtr& batch = batches_.at(piece.commit_no);
    for (std::size_t i = 0; i < batch->marks.size(); ++i) {
      const auto& mark = batch->marks[i];
      if (mark.room == room && mark.last_seq >= first_seq && mark.first_seq <= last_seq) {
        result.push_back({batch, i, piece.first_seq});
      }
    }
  }
  return result;
}

}  // namespace conclave::store
