#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace conclave::factors {

// Slows down guesses at the second factors of one user. Five wrong answers are free; after that
// each one doubles the wait. Nobody is locked out for good: the wait has a cap, an attempt that
// comes too early does not lengthen it, and a device of the user that is known has a bucket of its
// own that guesses from elsewhere never touch. At the caps, 1,000 guesses at six digits with three
// valid codes take more than 40 days from elsewhere and 3 days from a device of the user's own.
//
// Pure: time is an argument (monotonic milliseconds). One thread.
class GuessLimit {
 public:
  struct Rule {
    int free = 5;
    std::int64_t first_ms = 30'000;
    std::int64_t cap_ms = 3'600'000;
  };
  struct Limits {
    Rule strange{};
    Rule known{5, 15'000, 300'000};
    // One wrong answer is forgotten after this long without another one.
    std::int64_t forget_ms = 6 * 3'600'000;
    std::size_t buckets = 100'000;  // beyond, those that nobody waits for are forgotten
  };
  explicit GuessLimit(Limits limits) : limits_(limits) {}

  // `key` names the user and, of a known device, the device.
  // 0: go on. Otherwise milliseconds to wait.
  [[nodiscard]] std::int64_t wait_ms(const std::string& key, std::int64_t now_ms) const;
  // An attempt counts as wrong from its beginning, so that parallel ones are as slow as serial.
  void started(const std::string& key, bool known, std::int64_t now_ms);
  void passed(const std::string& key) { buckets_.erase(key); }
  // No verdict: a part of the server was away.
  void withdrawn(const std::string& key);
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    int wrong = 0;
    std::int64_t updated_ms = 0;
    std::int64_t blocked_until_ms = 0;
    std::int64_t blocked_before_ms = 0;  // what a withdrawn attempt gives back
  };
  void make_room(std::int64_t now_ms);

  Limits limits_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace conclave::factors
