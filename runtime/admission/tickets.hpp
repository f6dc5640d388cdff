#pragma once

#include <map>
#include <optional>

#include "runtime/admission/candidate.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/random.hpp"

namespace conclave::admission {

// Sign-ins that wait for a second factor or for the primary device: memory only, ten minutes, a few
// for each user. A ticket is a secret of 32 bytes; only its digest is kept. On the shard's thread.
class Tickets {
 public:
  struct Limits {
    std::int64_t lifetime_ms = 600'000;
    std::size_t per_user = 8;  // the oldest makes room
    std::size_t all = 20'000;  // likewise
  };
  Tickets(const base::Clock& clock, base::Random& random) : Tickets(clock, random, Limits{}) {}
  Tickets(const base::Clock& clock, base::Random& random, Limits limits)
      : clock_(clock), random_(random), limits_(limits) {}

  struct Issued {
    Bytes ticket;
    std::int64_t expires_ms = 0;  // UTC
  };
  // With the ticket that it had before, or a new one.
  Issued put(Candidate candidate, std::optional<Bytes> ticket = std::nullopt);
  // Removes it: two answers to one ticket never run beside each other.
  [[nodiscard]] std::optional<Candidate> take(ByteView ticket);
  void sweep();

 private:
  struct Kept {
    Candidate candidate;
    std::int64_t expires_ms = 0;  // monotonic
  };
  void make_room(const Candidate& candidate);

  const base::Clock& clock_;
  base::Random& random_;
  Limits limits_;
  std::map<base::Sha256, Kept> kept_;
};

}  // namespace conclave::admission
