#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

// Frames between conclaved and conclave-keyd, both directions, on a Unix stream socket:
//
//   length u32 | version u8 | tag u8 | id u64 | payload        (big-endian; length counts what
//   follows it)
//
// Requests: tag is an Operation, id is chosen by the caller and comes back in the answer. Answers:
// tag is a ReplyTag. A frame that breaks the form or the limit ends the connection.
namespace conclave::hsm::api {

inline constexpr std::uint8_t kProtocolVersion = 1;
inline constexpr std::size_t kFrameHeaderSize = 14;
// Whole frames. A batch to seal is 256 KiB of text; answers also carry copies of the keyring.
inline constexpr std::size_t kMaxRequestFrame = 4U << 20U;
inline constexpr std::size_t kMaxReplyFrame = 256U << 20U;

enum class ReplyTag : std::uint8_t {
  done = 0,    // payload: the operation's result
  failed = 1,  // payload: an error
  state = 2,   // unasked, id 0; payload: u8 ready. First frame of every connection
};

struct Frame {
  std::uint8_t tag = 0;
  std::uint64_t id = 0;
  ByteView payload;      // points into the source
  std::size_t size = 0;  // of the whole frame
};

// The first frame in `source`; nothing when more bytes are needed; kMalformed on a wrong version or
// a length out of bounds, upon which the connection must be closed.
[[nodiscard]] Result<std::optional<Frame>> split_frame(ByteView source, std::size_t max_frame);

// A writer that has the frame's header in it; finish_frame() fills in the length.
[[nodiscard]] base::ByteWriter begin_frame(std::uint8_t tag, std::uint64_t id,
                                           std::size_t payload_size);
[[nodiscard]] Bytes finish_frame(base::ByteWriter writer);

// Errors travel as reason and detail; the reader finds the spec by its reason, and answers
// base::kInternal with the foreign reason in its detail when there is none.
void write_error(base::ByteWriter& out, const Error& error);
[[nodiscard]] Error read_error(base::ByteReader& in);

}  // namespace conclave::hsm::api
