#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace conclave::identity {

// Slows guessing down, per address, account and tenant, without a way to lock a victim out: delays
// grow to a cap and decay; attempts refused while a delay runs do not lengthen it; a device that is
// known, and an address from which the account signed in before, have buckets of their own which
// guesses from elsewhere never touch. Pure: time is an argument (monotonic). One thread.
class Throttle {
 public:
  // From `free` failures a minute on, each failure delays the next attempt, doubling up to
  // `cap_ms`.
  struct Rule {
    double free = 10;
    std::int64_t first_ms = 1'000;
    std::int64_t cap_ms = 60'000;
  };
  struct Limits {
    Rule address{30, 1'000, 60'000};
    Rule account{10, 1'000, 30'000};  // of places and devices that are not known
    Rule tenant{600, 250, 2'000};     // the same
    Rule known{10, 1'000, 15'000};    // one known device or place
    std::size_t buckets = 100'000;    // beyond, the emptiest are forgotten
  };

  struct Attempt {
    std::string address;
    std::string account;  // as claimed, cleaned; may not exist
    std::string tenant;   // domain as claimed
    // Text id of a device that exists and belongs to the account; empty otherwise.
    std::string device;
  };

  explicit Throttle(Limits limits);

  // 0: go on. Otherwise how long to wait, in milliseconds.
  [[nodiscard]] std::int64_t wait_ms(const Attempt& attempt, std::int64_t now_ms) const;
  // An attempt begins whose verdict takes time: it counts as a guess until withdrawn() or
  // succeeded(), so that parallel guesses are as slow as serial ones.
  void started(const Attempt& attempt, std::int64_t now_ms);
  // It was wrong: address and tenant count it as well.
  void failed(const Attempt& attempt, std::int64_t now_ms);
  // It was right; the address is a known place of the account from now on.
  void succeeded(const Attempt& attempt, std::int64_t now_ms);
  // No verdict (a part of the server was away).
  void withdrawn(const Attempt& attempt, std::int64_t now_ms);
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    double failures = 0;  // decays by `per_minute`
    double per_minute = 1;
    std::int64_t updated_ms = 0;
    std::int64_t blocked_until_ms = 0;
    std::int64_t known_until_ms = 0;  // of a place: the account signed in from here before
  };
  [[nodiscard]] bool known(const Attempt& attempt, std::int64_t now_ms) const;
  // The bucket that counts guesses of this attempt, and its rule.
  [[nodiscard]] std::string guess_key(const Attempt& attempt, std::int64_t now_ms) const;
  [[nodiscard]] const Rule& guess_rule(const Attempt& attempt, std::int64_t now_ms) const;
  [[nodiscard]] std::int64_t wait_of(const std::string& key, std::int64_t now_ms) const;
  void count(const std::string& key, const Rule& rule, std::int64_t now_ms);
  void make_room(std::int64_t now_ms);

  Limits limits_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace conclave::identity
