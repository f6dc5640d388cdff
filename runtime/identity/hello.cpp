#include "runtime/identity/hello.hpp"

#include <algorithm>

#include "runtime/base/digest.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/identity/errors.hpp"

namespace conclave::identity {

namespace {

constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kRandomBytes = 8;
constexpr std::size_t kHeadBytes = kTimeBytes + kRandomBytes;
constexpr std::size_t kTagBytes = 16;

}  // namespace

HelloNonces::HelloNonces(const base::Clock& clock, base::Random& random, std::int64_t life_ms)
    : clock_(clock), random_(random), life_ms_(life_ms), key_(random.bytes(32)) {}

Bytes HelloNonces::tag(ByteView head) const {
  // The key stands first and all inputs have one length, so no extension of a digest is of use.
  const auto digest = base::transcript_digest({base::as_bytes("conclave/hello/1"), key_, head});
  return {digest.begin(), digest.begin() + kTagBytes};
}

Bytes HelloNonces::issue() const {
  base::ByteWriter out(kHeadBytes + kTagBytes);
  out.i64(clock_.monotonic_ms()).raw(random_.bytes(kRandomBytes));
  const Bytes head = out.bytes();
  return out.raw(tag(head)).take();
}

Result<void> HelloNonces::use(ByteView nonce) {
  if (nonce.size() != kHeadBytes + kTagBytes) return fail(kHelloExpired);
  const ByteView head = nonce.first(kHeadBytes);
  if (!base::equal_in_constant_time(tag(head), nonce.subspan(kHeadBytes))) {
    return fail(kHelloExpired);
  }
  base::ByteReader in(head);
  const std::int64_t issued_ms = in.i64();
  const std::uint64_t name = in.u64();
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (now_ms < issued_ms || now_ms - issued_ms > life_ms_) return fail(kHelloExpired);
  const std::lock_guard lock(mutex_);
  if (used_.size() > sweep_above_) {
    std::erase_if(used_, [now_ms](const auto& entry) { return entry.second < now_ms; });
    // Not again before as many have come as are left: in a rush nothing has expired yet.
    sweep_above_ = std::max(kSweepAbove, 2 * used_.size());
  }
  if (!used_.emplace(name, issued_ms + life_ms_).second) return fail(kHelloExpired, "used");
  return {};
}

}  // namespace conclave::identity
