#include "hsm/api/frame.hpp"

#include <algorithm>
#include <array>

#include "hsm/api/errors.hpp"

namespace conclave::hsm::api {
namespace {

constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kMaxReason = 64;
constexpr std::size_t kMaxDetail = 1024;

// Every spec that keyd may answer with.
constexpr std::array kKnown = {
    &kTokenUnavailable,  &kTokenBusy,          &kTokenLocked,       &kMechanismMissing,
    &kKeyRefStale,       &kKeyMissing,         &kKeyDestroyed,      &kSealBroken,
    &kKeyRequestRefused, &kApprovalInvalid,    &kPasswordThrottled, &kAnchorBehind,
    &kOrderRefused,      &kOrderWait,          &kOrderLimit,        &base::kInternal,
    &base::kTimeout,     &base::kShuttingDown, &base::kMalformed,
};

}  // namespace

Result<std::optional<Frame>> split_frame(ByteView source, std::size_t max_frame) {
  if (source.size() < kLengthSize) return std::nullopt;
  base::ByteReader in(source);
  const std::size_t length = in.u32();
  if (length < kFrameHeaderSize - kLengthSize || length > max_frame - kLengthSize) {
    return fail(base::kMalformed, "frame length " + std::to_string(length));
  }
  if (source.size() < kLengthSize + 1) return std::nullopt;
  // The version is checked before the rest arrives: a stranger is told apart by its first bytes.
  const auto version = in.u8();
  if (version != kProtocolVersion) {
    return fail(base::kMalformed, "frame version " + std::to_string(version));
  }
  if (source.size() < kLengthSize + length) return std::nullopt;
  Frame frame;
  frame.tag = in.u8();
  frame.id = in.u64();
  frame.payload = in.raw(length + kLengthSize - kFrameHeaderSize);
  frame.size = kLengthSize + length;
  return frame;
}

base::ByteWriter begin_frame(std::uint8_t tag, std::uint64_t id, std::size_t payload_size) {
  base::ByteWriter writer(kFrameHeaderSize + payload_size);
  writer.u32(0).u8(kProtocolVersion).u8(tag).u64(id);
  return writer;
}

Bytes finish_frame(base::ByteWriter writer) {
  Bytes frame = writer.take();
  const auto length = static_cast<std::uint32_t>(frame.size() - kLengthSize);
  frame[0] = static_cast<std::uint8_t>(length >> 24U);
  frame[1] = static_cast<std::uint8_t>(length >> 16U);
  frame[2] = static_cast<std::uint8_t>(length >> 8U);
  frame[3] = static_cast<std::uint8_t>(length);
  return frame;
}

void write_error(base::ByteWriter& out, const Error& error) {
  out.run(error.reason());
  out.run(std::string_view(error.detail()).substr(0, kMaxDetail)).i64(error.retry_after_ms());
}

Error read_error(base::ByteReader& in) {
  const auto reason = in.text(kMaxReason);
  std::string detail(in.text(kMaxDetail));
  const auto retry_after_ms = in.i64();
  const auto known = std::ranges::find_if(
      kKnown, [reason](const ErrorSpec* spec) { return spec->reason == reason; });
  if (known != kKnown.end()) {
    return Error(**known, std::move(detail)).retry_after(retry_after_ms);
  }
  return Error(base::kInternal, std::string(reason) + ": " + detail);
}

}  // namespace conclave::hsm::api
