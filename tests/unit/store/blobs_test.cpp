#include "runtime/store/blobs.hpp"

#include <gmock/gmock.h>

#include <random>

#include "runtime/store/block_table.hpp"
#include "runtime/store/errors.hpp"
#include "tests/unit/store/store_access.hpp"

namespace conclave::store::testing {
namespace {

JournalCommit sample() {
  JournalCommit commit = one_room_commit({1}, {2}, 1, {"first", "second"});
  commit.ring.push_back({{1}, {3}, 4, {2}, 1});
  commit.segments.push_back({});
  return commit;
}

TEST(Blobs, CommitSurvivesItsEncoding) {
  Bytes blob(5'000, 0xee);  // what an earlier commit left
  encode_commit(sample(), blob);
  const auto decoded = decode_commit(blob);
  ASSERT_TRUE(decoded) << decoded.error().text();
  EXPECT_EQ(decoded->segments, sample().segments);
  ASSERT_EQ(decoded->heads.size(), 1U);
  EXPECT_EQ(decoded->heads[0].head_seq, 2U);
  ASSERT_EQ(decoded->ring.size(), 1U);
  EXPECT_EQ(decoded->ring[0].client_id, 4U);
  EXPECT_EQ(decoded->ring[0].device, DeviceId{3});
}

TEST(Blobs, EveryTruncationIsRefused) {
  Bytes blob;
  encode_commit(sample(), blob);
  for (std::size_t size = 0; size < blob.size(); ++size) {
    const auto decoded = decode_commit(ByteView(blob).first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_TRUE(decoded.error().is(kStoreBroken));
  }
  blob.push_back(0);
  EXPECT_FALSE(decode_commit(blob));
}

TEST(Blobs, DamagedBytesNeverAskForMoreMemoryThanTheBlobHolds) {
  std::mt19937 random(7);
  Bytes original;
  encode_commit(sample(), original);
  for (int round = 0; round < 20'000; ++round) {
    Bytes blob = original;
    for (int i = 0; i < 3; ++i) blob[random() % blob.size()] = static_cast<std::uint8_t>(random());
    if (const auto decoded = decode_commit(blob)) {
      Bytes again;
      encode_commit(*decoded, again);
      EXPECT_EQ(again.size(), blob.size());
    }
  }
}

TEST(Blobs, NewerVersionsAreToldFromDamage) {
  for (const std::uint8_t version : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{255}}) {
    const Bytes blob{version};
    const ErrorSpec& expected = version == 0 ? kStoreBroken : kStoreTooNew;
    EXPECT_TRUE(decode_commit(blob).error().is(expected));
    EXPECT_TRUE(decode_ring({1}, {2}, blob).error().is(expected));
    EXPECT_TRUE(split_block(blob).error().is(expected));
  }
}

std::vector<SegmentSource> sources(const std::vector<Bytes>& segments) {
  std::vector<SegmentSource> result;
  for (const auto& segment : segments) result.push_back({*mark_segment(segment), segment});
  return result;
}

TEST(Blocks, AreCutAtSixtyFourEntries) {
  std::vector<Bytes> segments;
  for (std::uint64_t seq = 1; seq <= 130; ++seq) {
    segments.push_back(make_segment({1}, {2}, {3}, {{seq, "m"}}));
  }
  const auto blocks = pack_blocks({}, sources(segments));
  ASSERT_EQ(blocks.size(), 3U);
  EXPECT_EQ(blocks[0].entries, kBlockEntries);
  EXPECT_EQ(blocks[1].first_seq, 65U);
  EXPECT_EQ(blocks[1].last_seq, 128U);
  EXPECT_EQ(blocks[2].entries, 2U);
}

TEST(Blocks, AreCutAtSixtyFourKibibytes) {
  std::vector<Bytes> segments;
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    segments.push_back(make_segment({1}, {2}, {3}, {{seq, std::string(15'000, 'm')}}));
  }
  for (const auto& block : pack_blocks({}, sources(segments))) {
    EXPECT_LE(block.segments.size(), kBlockBytes + 16);
    EXPECT_LE(block.entries, 4U);
  }
}

TEST(Blocks, InterleavingSegmentsStayTogether) {
  std::vector<Said> odd;
  std::vector<Said> even;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) (seq % 2 ? odd : even).push_back({seq, "m"});
  const std::vector<Bytes> segments{make_segment({1}, {2}, {4}, even),
                                    make_segment({1}, {2}, {3}, odd),
                                    make_segment({1}, {2}, {3}, {{101, "m"}})};
  const auto blocks = pack_blocks({}, sources(segments));
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].entries, 100U);
  EXPECT_EQ(blocks[1].first_seq, 101U);
}

}  // namespace
}  // namespace conclave::store::testing
