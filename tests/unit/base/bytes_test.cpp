#include "runtime/base/bytes.hpp"

#include <gtest/gtest.h>

namespace conclave::base {
namespace {

TEST(Bytes, reader_returns_what_writer_wrote) {
  ByteWriter writer;
  writer.u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f).i64(-2).run("text").raw("tail");
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607U);
  EXPECT_EQ(reader.u64(), 0x08090a0b0c0d0e0fULL);
  EXPECT_EQ(reader.i64(), -2);
  EXPECT_EQ(reader.text(100), "text");
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(as_text(reader.raw(4)), "tail");
  EXPECT_TRUE(reader.done());
}

TEST(Bytes, integers_are_big_endian) {
  EXPECT_EQ(ByteWriter().u16(0x0102).take(), (Bytes{1, 2}));
  EXPECT_EQ(ByteWriter().u32(0x01020304).take(), (Bytes{1, 2, 3, 4}));
}

TEST(Bytes, a_read_past_the_end_fails_for_good) {
  const Bytes source{1, 2, 3};
  ByteReader reader(source);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.done());
}

TEST(Bytes, a_run_over_its_limit_fails) {
  const Bytes source = ByteWriter().run("12345").take();
  ByteReader reader(source);
  EXPECT_TRUE(reader.run(4).empty());
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace conclave::base
