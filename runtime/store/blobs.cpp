#include "runtime/store/blobs.hpp"

#include <cstring>

#include "runtime/store/errors.hpp"

namespace conclave::store {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeadSize = 6 * 8;
constexpr std::size_t kCommitRingSize = 5 * 8;
constexpr std::size_t kRingSize = 3 * 8;
// Far above what a commit can hold (data contract: 256 KiB); bounds what a damaged length can ask
// for.
constexpr std::size_t kSegmentLimit = 16 * 1024 * 1024;

void put(std::uint8_t*& at, std::uint32_t value) {
  const std::uint32_t big = __builtin_bswap32(value);
  std::memcpy(at, &big, sizeof big);
  at += sizeof big;
}

void put(std::uint8_t*& at, std::uint64_t value) {
  const std::uint64_t big = __builtin_bswap64(value);
  std::memcpy(at, &big, sizeof big);
  at += sizeof big;
}

void put(std::uint8_t*& at, ByteView bytes) {
  put(at, static_cast<std::uint32_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  at += bytes.size();
}

std::size_t commit_size(const JournalCommit& commit) {
  std::size_t size =
      1 + 3 * 4 + commit.heads.size() * kHeadSize + commit.ring.size() * kCommitRingSize;
  for (const auto& segment : commit.segments) size += 4 + segment.size();
  return size;
}

Result<> check_version(base::ByteReader& in, const char* what) {
  const std::uint8_t version = in.u8();
  if (!in.ok()) return fail(kStoreBroken, std::string(what) + ": empty");
  if (version > kVersion)
    return fail(kStoreTooNew, std::string(what) + ": version " + std::to_string(version));
  if (version != kVersion) return fail(kStoreBroken, std::string(what) + ": version 0");
  return {};
}

// Never reserves more than the rest of the blob can hold.
std::size_t checked_count(base::ByteReader& in, std::size_t item_size) {
  const std::size_t count = in.u32();
  if (count * item_size > in.remaining()) in.raw(in.remaining() + 1);
  return in.ok() ? count : 0;
}

}  // namespace

void encode_commit(const JournalCommit& commit, Bytes& out) {
  out.resize(commit_size(commit));
  std::uint8_t* at = out.data();
  *at++ = kVersion;
  put(at, static_cast<std::uint32_t>(commit.heads.size()));
  for (const auto& head : commit.heads) {
    put(at, head.tenant.value);
    put(at, head.room.value);
    put(at, head.head_seq);
    put(at, head.head_n);
    put(at, head.head_pos);
    put(at, head.last_all_seq);
  }
  put(at, static_cast<std::uint32_t>(commit.ring.size()));
  for (const auto& entry : commit.ring) {
    put(at, entry.tenant.value);
    put(at, entry.device.value);
    put(at, entry.client_id);
    put(at, entry.room.value);
    put(at, entry.seq);
  }
  put(at, static_cast<std::uint32_t>(commit.segments.size()));
  for (const auto& segment : commit.segments) put(at, ByteView(segment));
}

Result<JournalCommit> decode_commit(ByteView blob) {
  base::ByteReader in(blob);
  CONCLAVE_TRY(check_version(in, "journal"));
  JournalCommit commit;
  commit.heads.resize(checked_count(in, kHeadSize));
  for (auto& head : commit.heads) {
    head.tenant.value = in.u64();
    head.room.value = in.u64();
    head.head_seq = in.u64();
    head.head_n = in.u64();
    head.head_pos = in.u64();
    head.last_all_seq = in.u64();
  }
  commit.ring.resize(checked_count(in, kCommitRingSize));
  for (auto& entry : commit.ring) {
    entry.tenant.value = in.u64();
    entry.device.value = in.u64();
    entry.client_id = in.u64();
    entry.room.value = in.u64();
    entry.seq = in.u64();
  }
  commit.segments.resize(checked_count(in, 4));
  for (auto& segment : commit.segments) {
    const ByteView bytes = in.run(kSegmentLimit);
    segment.assign(bytes.begin(), bytes.end());
  }
  if (!in.done()) return fail(kStoreBroken, "journal: length");
  return commit;
}

Bytes encode_ring(const std::vector<RingEntry>& entries) {
  base::ByteWriter out(1 + entries.size() * kRingSize);
  out.u8(kVersion);
  for (const auto& entry : entries) out.u64(entry.client_id).u64(entry.room.value).u64(entry.seq);
  return out.take();
}

Result<std::vector<RingEntry>> decode_ring(TenantId tenant, DeviceId device, ByteView blob) {
  base::ByteReader in(blob);
  CONCLAVE_TRY(check_version(in, "ring"));
  if (in.remaining() % kRingSize != 0) return fail(kStoreBroken, "ring: length");
  std::vector<RingEntry> entries(in.remaining() / kRingSize);
  for (auto& entry : entries) {
    entry.tenant = tenant;
    entry.device = device;
    entry.client_id = in.u64();
    entry.room.value = in.u64();
    entry.seq = in.u64();
  }
  return entries;
}

Bytes begin_block() {
  return Bytes{kVersion};
}

void append_segment(Bytes& block, ByteView segment) {
  const std::size_t start = block.size();
  block.resize(start + 4 + segment.size());
  std::uint8_t* at = block.data() + start;
  put(at, segment);
}

Result<std::vector<ByteView>> split_block(ByteView blob) {
  base::ByteReader in(blob);
  CONCLAVE_TRY(check_version(in, "block"));
  std::vector<ByteView> segments;
  while (in.ok() && in.remaining() > 0) segments.push_back(in.run(kSegmentLimit));
  if (!in.done()) return fail(kStoreBroken, "block: length");
  return segments;
}

}  // namespace conclave::store
