#include "runtime/store/batch.hpp"

#include <algorithm>
#include <string>

#include "hsm/api/segment.hpp"
#include "runtime/store/errors.hpp"

namespace conclave::store {
namespace {

using hsm::api::SegmentView;

Result<SegmentView> parse(ByteView segment) {
  auto view = hsm::api::parse_segment(segment);
  if (!view) return fail(kCommitRejected, view.error().text());
  return view;
}

SegmentMark summarise(const hsm::api::SegmentHeader& header) {
  SegmentMark mark;
  mark.room = {header.tenant, header.room};
  mark.first_seq = header.entries.front().seq;
  mark.last_seq = mark.first_seq;
  mark.first_ts_ms = header.entries.front().ts_ms;
  mark.entries = static_cast<std::uint32_t>(header.entries.size());
  for (const auto& entry : header.entries) {
    mark.first_seq = std::min(mark.first_seq, entry.seq);
    mark.last_seq = std::max(mark.last_seq, entry.seq);
    mark.first_ts_ms = std::min(mark.first_ts_ms, entry.ts_ms);
  }
  return mark;
}

struct Position {
  RoomKey room;
  std::uint64_t seq;
  std::int64_t ts_ms;
  friend auto operator<=>(const Position&, const Position&) = default;
};

Error rejected(const char* what, const Position& at) {
  return Error(kCommitRejected,
               std::string(what) + ": " + to_text(at.room.room) + " seq " + std::to_string(at.seq));
}

Result<std::vector<Piece>> make_pieces(std::vector<Position> positions) {
  std::ranges::sort(positions);
  std::vector<Piece> pieces;
  for (const auto& position : positions) {
    if (position.seq == 0) return std::unexpected(rejected("seq zero", position));
    if (pieces.empty() || pieces.back().room != position.room) {
      pieces.push_back({position.room, position.seq, position.seq, position.ts_ms});
      continue;
    }
    if (position.seq != pieces.back().last_seq + 1) {
      return std::unexpected(rejected("gap or repeat in a commit", position));
    }
    pieces.back().last_seq = position.seq;
  }
  return pieces;
}

Result<> check_heads(const JournalCommit& commit, const std::vector<Piece>& pieces) {
  for (const auto& piece : pieces) {
    const auto head = std::ranges::find_if(commit.heads, [&](const RoomHead& candidate) {
      return RoomKey{candidate.tenant, candidate.room} == piece.room;
    });
    if (head == commit.heads.end() || head->head_seq != piece.last_seq) {
      return std::unexpected(rejected("head differs from log", {piece.room, piece.last_seq, 0}));
    }
  }
  return {};
}

}  // namespace

Result<SegmentMark> mark_segment(ByteView segment) {
  auto view = parse(segment);
  if (!view) return std::unexpected(std::move(view).error());
  return summarise(view->header);
}

Result<std::vector<std::uint64_t>> segment_seqs(ByteView segment) {
  auto view = parse(segment);
  if (!view) return std::unexpected(std::move(view).error());
  std::vector<std::uint64_t> seqs;
  seqs.reserve(view->header.entries.size());
  for (const auto& entry : view->header.entries) seqs.push_back(entry.seq);
  std::ranges::sort(seqs);
  return seqs;
}

Result<BatchPtr> make_batch(JournalCommit commit) {
  auto batch = std::make_shared<Batch>();
  std::vector<Position> positions;
  batch->marks.reserve(commit.segments.size());
  for (const auto& segment : commit.segments) {
    auto view = parse(segment);
    if (!view) return std::unexpected(std::move(view).error());
    batch->marks.push_back(summarise(view->header));
    for (const auto& entry : view->header.entries) {
      positions.push_back({batch->marks.back().room, entry.seq, entry.ts_ms});
    }
  }
  batch->entries = positions.size();
  auto pieces = make_pieces(std::move(positions));
  if (!pieces) return std::unexpected(std::move(pieces).error());
  batch->pieces = std::move(*pieces);
  CONCLAVE_TRY(check_heads(commit, batch->pieces));
  batch->commit = std::move(commit);
  return batch;
}

}  // namespace conclave::store
