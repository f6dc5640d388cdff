#include "runtime/store/rewrite.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "runtime/store/blobs.hpp"
#include "runtime/store/errors.hpp"

namespace conclave::store {
namespace {

using Seqs = std::vector<std::uint64_t>;

std::unexpected<Error> rejected(const RewriteSegments& write, const char* what) {
  return fail(kCommitRejected, std::string("rewrite of ") + to_text(write.room) + " seq " +
                                   std::to_string(write.first_seq) + ": " + what);
}

// True when one of the ascending seqs lies in the range to be replaced.
bool touches(const Seqs& seqs, const RewriteSegments& write) {
  const auto first = std::ranges::lower_bound(seqs, write.first_seq);
  return first != seqs.end() && *first <= write.last_seq;
}

struct NewSegments {
  std::vector<SegmentSource> sources;
  Seqs seqs;  // of all, ascending
};

Result<NewSegments> read_new(const RewriteSegments& write) {
  NewSegments result;
  for (const auto& segment : write.segments) {
    auto mark = mark_segment(segment);
    if (!mark) return std::unexpected(std::move(mark).error());
    if (mark->room != RoomKey{write.tenant, write.room}) return rejected(write, "another room");
    result.sources.push_back({*mark, segment});
    auto seqs = segment_seqs(segment);
    if (!seqs) return std::unexpected(std::move(seqs).error());
    result.seqs.insert(result.seqs.end(), seqs->begin(), seqs->end());
  }
  std::ranges::sort(result.seqs);
  return result;
}

Result<> rewrite_batch(const RewriteSegments& write, std::uint64_t commit_no,
                       const NewSegments& news, Journal& journal) {
  const BatchPtr old_batch = journal.tail().batches().at(commit_no);
  JournalCommit commit;
  commit.heads = old_batch->commit.heads;
  commit.ring = old_batch->commit.ring;
  Seqs replaced;
  for (std::size_t i = 0; i < old_batch->marks.size(); ++i) {
    const Bytes& segment = old_batch->commit.segments[i];
    if (old_batch->marks[i].room == RoomKey{write.tenant, write.room}) {
      auto seqs = segment_seqs(segment);
      if (!seqs) return std::unexpected(std::move(seqs).error());
      if (touches(*seqs, write)) {
        replaced.insert(replaced.end(), seqs->begin(), seqs->end());
        continue;
      }
    }
    commit.segments.push_back(segment);
  }
  std::ranges::sort(replaced);
  if (replaced != news.seqs) return rejected(write, "other seqs");
  commit.segments.insert(commit.segments.end(), write.segments.begin(), write.segments.end());
  auto batch = make_batch(std::move(commit));
  if (!batch) return std::unexpected(std::move(batch).error());
  return journal.replace(commit_no, *batch);
}

Result<> rewrite_blocks(const RewriteSegments& write, const NewSegments& news, BlockTable& blocks) {
  const RoomKey room{write.tenant, write.room};
  auto old_blocks = blocks.covering(room, write.first_seq, write.last_seq);
  if (!old_blocks) return std::unexpected(std::move(old_blocks).error());
  std::vector<SegmentSource> sources = news.sources;
  Seqs replaced;
  for (const auto& block : *old_blocks) {
    auto segments = split_block(block.segments);
    if (!segments) return std::unexpected(std::move(segments).error());
    for (const ByteView segment : *segments) {
      auto seqs = segment_seqs(segment);
      if (!seqs) return fail(kStoreBroken, seqs.error().text());
      if (touches(*seqs, write)) {
        replaced.insert(replaced.end(), seqs->begin(), seqs->end());
        continue;
      }
      auto mark = mark_segment(segment);
      if (!mark) return fail(kStoreBroken, mark.error().text());
      sources.push_back({*mark, segment});
    }
  }
  std::ranges::sort(replaced);
  if (replaced.empty() || replaced != news.seqs) return rejected(write, "other seqs");
  return blocks.replace(room, *old_blocks, std::move(sources));
}

}  // namespace

Result<> rewrite_segments(const RewriteSegments& write, Journal& journal, BlockTable& blocks,
                          Drain& drain) {
  auto news = read_new(write);
  if (!news) return std::unexpected(std::move(news).error());
  const RoomKey room{write.tenant, write.room};
  const auto pieces = journal.tail().pieces(room, write.first_seq, write.last_seq);
  if (pieces.size() == 1 && pieces.front().first_seq <= write.first_seq) {
    return rewrite_batch(write, pieces.front().commit_no, *news, journal);
  }
  if (!pieces.empty()) {
    CONCLAVE_TRY(drain.run(journal, blocks, std::numeric_limits<std::size_t>::max()));
  }
  return rewrite_blocks(write, *news, blocks);
}

}  // namespace conclave::store
