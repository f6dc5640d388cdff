#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policies/signals/crowd.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/network/address.hpp"

namespace conclave::admission {

// Counts, by network and by hardware, which accounts were tried in vain, came in, and brought new
// devices: what signals::CrowdFacts are made of. Memory only, at most 20 MB; a restart forgets.
// Accounts are kept as keyed digests. On the shard's thread.
class Crowds {
 public:
  struct Limits {
    std::size_t places = 2'048;         // networks and hardware; beyond, the longest quiet one goes
    std::size_t accounts = 256;         // of one place; beyond, the longest quiet one goes
    std::int64_t keep_ms = 86'400'000;  // the longest window that a policy may have
  };
  // What an attempt came to.
  enum class Outcome : std::uint8_t {
    failed,    // wrong password, key or account; existing or not
    enrolled,  // a new device was let in
    known,     // a device that was known was let in
  };
  struct Parts {
    const base::Clock& clock;
    base::Random& random;
    // The autonomous system of an address; 0: not known. May be empty.
    std::function<std::uint32_t(const network::Address&)> system = {};
    Limits limits = {};
  };
  explicit Crowds(Parts parts);

  // `account` as claimed; `hardware`: digest that an enrolling device told, or empty. Addresses
  // that are not routed on the Internet are one's own: nothing is counted of them but the hardware.
  void note(std::string_view account, const std::optional<network::Address>& address,
            ByteView hardware, Outcome outcome);

  // What is known of those who come from `address`, within `window_ms` from now. `account` and its
  // new device count as if they had come in.
  struct Asked {
    std::string_view account;
    std::optional<network::Address> address;
    ByteView hardware;
    std::int64_t window_ms = 0;
  };
  [[nodiscard]] std::vector<signals::Finding> look(const Asked& asked,
                                                   const signals::CrowdRules& rules) const;

  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  struct Seen {
    std::uint64_t account = 0;   // digest
    std::int64_t failed_ms = 0;  // monotonic, as the next; 0: never
    std::int64_t enrolled_ms = 0;
    std::int64_t known_ms = 0;
    [[nodiscard]] std::int64_t last_ms() const;
  };
  struct Beat {  // of one address: when others were tried there than before
    std::int64_t at_ms = 0;
    std::uint64_t account = 0;
  };
  struct Place {
    std::vector<Seen> accounts;
    std::vector<Beat> beats;  // oldest first, at most kBeats
    std::list<std::uint64_t>::iterator age;
  };
  static constexpr std::size_t kBeats = 17;

  // What is kept under which key; the bytes of another kind never give the same one.
  enum class Kind : std::uint8_t { account, address, block, system, hardware };
  [[nodiscard]] std::uint64_t digest(Kind kind, ByteView bytes) const;
  // Of an address: the first `bits` of its 128.
  [[nodiscard]] std::uint64_t digest(Kind kind, const network::Address& address,
                                     unsigned bits) const;
  Place& place(std::uint64_t key);
  [[nodiscard]] const Place* find(std::uint64_t key) const;
  void count(std::uint64_t key, std::uint64_t account, Outcome outcome, std::int64_t now_ms);
  void beat(std::uint64_t key, std::uint64_t account, std::int64_t now_ms);
  // `newcomer` counts as come in.
  [[nodiscard]] signals::NetworkCrowd crowd_of(std::uint64_t key, std::uint64_t newcomer,
                                               std::int64_t since_ms) const;

  Parts parts_;
  Bytes secret_;  // of this process: digests of accounts mean nothing outside of it
  std::unordered_map<std::uint64_t, Place> places_;
  std::list<std::uint64_t> ages_;  // longest quiet first
};

}  // namespace conclave::admission
