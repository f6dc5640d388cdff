#include "hsm/api/frame.hpp"

#include <gtest/gtest.h>

#include "hsm/api/errors.hpp"

namespace conclave::hsm::api {
namespace {

Bytes frame_of(std::string_view payload) {
  auto writer = begin_frame(5, 77, payload.size());
  writer.raw(payload);
  return finish_frame(std::move(writer));
}

TEST(Frame, comes_back_as_it_was_written) {
  const auto bytes = frame_of("abc");
  const auto frame = split_frame(bytes, kMaxRequestFrame);
  ASSERT_TRUE(frame);
  ASSERT_TRUE(*frame);
  EXPECT_EQ((*frame)->tag, 5);
  EXPECT_EQ((*frame)->id, 77U);
  EXPECT_EQ(base::as_text((*frame)->payload), "abc");
  EXPECT_EQ((*frame)->size, bytes.size());
}

TEST(Frame, waits_for_every_missing_byte) {
  const auto bytes = frame_of("abc");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto frame = split_frame(ByteView(bytes).first(size), kMaxRequestFrame);
    ASSERT_TRUE(frame) << size;
    EXPECT_FALSE(*frame) << size;
  }
}

TEST(Frame, a_length_out_of_bounds_is_an_error_at_once) {
  Bytes too_long = {0xff, 0xff, 0xff, 0xff};
  EXPECT_FALSE(split_frame(too_long, kMaxRequestFrame));
  Bytes too_short = {0, 0, 0, 9};
  EXPECT_FALSE(split_frame(too_short, kMaxRequestFrame));
}

TEST(Frame, another_version_is_an_error_before_the_rest_arrives) {
  Bytes bytes = frame_of("abc");
  bytes[4] = 2;
  bytes.resize(5);
  EXPECT_FALSE(split_frame(bytes, kMaxRequestFrame));
}

TEST(FrameError, keeps_reason_detail_and_waiting_time) {
  base::ByteWriter out;
  write_error(out, Error(kPasswordThrottled, "u_x").retry_after(1'500));
  base::ByteReader in(out.bytes());
  const auto error = read_error(in);
  EXPECT_TRUE(in.done());
  EXPECT_TRUE(error.is(kPasswordThrottled));
  EXPECT_EQ(error.detail(), "u_x");
  EXPECT_EQ(error.retry_after_ms(), 1'500);
}

TEST(FrameError, an_unknown_reason_becomes_internal_and_is_named) {
  base::ByteWriter out;
  constexpr ErrorSpec kForeign{"foreign.reason", ErrorKind::denied, "-"};
  write_error(out, Error(kForeign, "why"));
  base::ByteReader in(out.bytes());
  const auto error = read_error(in);
  EXPECT_TRUE(error.is(base::kInternal));
  EXPECT_NE(error.detail().find("foreign.reason"), std::string::npos);
}

}  // namespace
}  // namespace conclave::hsm::api
