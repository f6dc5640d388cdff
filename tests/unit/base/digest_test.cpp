#include "runtime/base/digest.hpp"

#include <gtest/gtest.h>

#include "runtime/base/encoding.hpp"

namespace conclave::base {
namespace {

TEST(Digest, sha256_has_the_vector_of_fips_180) {
  EXPECT_EQ(hex_encode(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, moving_a_byte_between_fields_changes_the_transcript) {
  EXPECT_NE(transcript_digest({as_bytes("ab"), as_bytes("c")}),
            transcript_digest({as_bytes("a"), as_bytes("bc")}));
  EXPECT_NE(transcript_digest({as_bytes("abc")}),
            transcript_digest({as_bytes("abc"), as_bytes("")}));
}

}  // namespace
}  // namespace conclave::base
