#pragma once

#include "hsm/api/key_service.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/chat/log_reader.hpp"
#include "runtime/chat/ops.hpp"

namespace conclave::chat {

// The seal stage: times, content keys, segments, MACs and sealed profiles of one batch, in a few
// requests to the token for all of it. Nothing leaves it in the clear. On the shard's thread; one
// batch at a time.
class Sealer {
 public:
  struct Parts {
    store::ContentStore& store;
    hsm::api::KeyService& keys;
    ContentKeys& content_keys;
    LogReader& reader;
    const base::Clock& clock;
    base::Random& random;
    const Limits& limits;
  };
  explicit Sealer(Parts parts) : parts_(parts) {}

  Task<Result<void>> seal(Batch& batch);

 private:
  struct Segment {
    hsm::api::SegmentHeader header;
    ContentKey* key = nullptr;
    Bytes plaintext;
    // Not a new segment but one that replaces a stored one: index into Batch::rewrites.
    std::optional<std::size_t> rewrite;
  };

  Task<Result<void>> set_times(Batch& batch);
  // Reads what is to be erased and adds it, with empty bodies, to `segments`.
  Task<Result<void>> erase_bodies(Batch& batch, std::vector<Segment>& segments);
  Task<Result<std::vector<std::uint64_t>>> seqs_to_erase(RoomPtr room,
                                                         std::vector<std::uint64_t> targets);
  Task<Result<void>> erase_one(Batch& batch, RoomPtr room, std::vector<std::uint64_t> seqs,
                               std::vector<Segment>& segments);
  Task<Result<void>> add_segments(Batch& batch, std::vector<Segment>& segments);
  Task<Result<void>> seal_segments(Batch& batch, std::vector<Segment> segments);
  Task<Result<void>> mac_power(Batch& batch);
  Task<Result<void>> seal_profiles(Batch& batch);

  Parts parts_;
};

}  // namespace conclave::chat
