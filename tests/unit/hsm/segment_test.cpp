#include "hsm/api/segment.hpp"

#include <gtest/gtest.h>

namespace conclave::hsm::api {
namespace {

SegmentHeader two_entries() {
  SegmentHeader header;
  header.tenant.value = 1;
  header.room.value = 2;
  header.author.value = 3;
  header.content_key.fill(4);
  header.segment.fill(5);
  header.entries = {{10, 9, 1'000, 1, 0, 3}, {12, 10, 1'001, 2, 10, 4}};
  return header;
}

Bytes whole(const SegmentHeader& header, std::size_t plaintext) {
  Bytes out = encode_header(header);
  out.resize(out.size() + kNonceSize + plaintext + kTagSize, 0xaa);
  return out;
}

TEST(Segment, what_is_encoded_parses_to_the_same) {
  const auto bytes = whole(two_entries(), 7);
  const auto view = parse_segment(bytes);
  ASSERT_TRUE(view) << view.error().text();
  EXPECT_EQ(view->header, two_entries());
  EXPECT_EQ(view->header_bytes.size(), encode_header(two_entries()).size());
  EXPECT_EQ(view->nonce.size(), kNonceSize);
  EXPECT_EQ(view->sealed.size(), 7 + kTagSize);
}

TEST(Segment, every_shorter_run_is_refused) {
  const auto bytes = whole(two_entries(), 7);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_segment(ByteView(bytes).first(size))) << size;
  }
}

TEST(Segment, a_byte_too_many_is_refused) {
  auto bytes = whole(two_entries(), 7);
  bytes.push_back(0);
  EXPECT_FALSE(parse_segment(bytes));
}

TEST(Segment, lengths_that_do_not_add_up_are_refused) {
  EXPECT_FALSE(parse_segment(whole(two_entries(), 8)));
  EXPECT_FALSE(parse_segment(whole(two_entries(), 6)));
}

TEST(Segment, magic_codec_and_limits_are_checked) {
  auto magic = whole(two_entries(), 7);
  magic[3] = '2';
  EXPECT_FALSE(parse_segment(magic));
  auto header = two_entries();
  header.codec = 1;
  EXPECT_FALSE(parse_segment(whole(header, 7)));
  header = two_entries();
  header.entries.assign(1, {1, 1, 1, 1, 0, kMaxSegmentPlaintext + 1});
  EXPECT_FALSE(parse_segment(whole(header, kMaxSegmentPlaintext + 1)));
}

TEST(SealHeader, agrees_with_the_encoder) {
  const auto header = parse_seal_header(encode_header(two_entries()));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->room, two_entries().room);
  EXPECT_EQ(header->content_key, two_entries().content_key);
  EXPECT_EQ(header->plaintext, 7U);
}

TEST(SealHeader, trailing_and_missing_bytes_are_refused) {
  auto bytes = encode_header(two_entries());
  bytes.push_back(0);
  EXPECT_FALSE(parse_seal_header(bytes));
  bytes.resize(bytes.size() - 2);
  EXPECT_FALSE(parse_seal_header(bytes));
}

}  // namespace
}  // namespace conclave::hsm::api
