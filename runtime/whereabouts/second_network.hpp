#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "runtime/base/bytes.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/random.hpp"
#include "runtime/network/address.hpp"

namespace conclave::whereabouts {

// One-use tokens with which a device that has two networks shows the second one: it gets the token
// in its session and presents it over the other network, where the server sees the address itself.
// Only digests are kept. One thread; times are monotonic milliseconds.
class SecondNetwork {
 public:
  static constexpr std::size_t kTokenBytes = 32;
  static constexpr std::int64_t kLife_ms = 60'000;
  static constexpr std::size_t kMostTokens = 10'000;  // the oldest is forgotten

  struct Owner {
    TenantId tenant;
    UserId user;
    DeviceId device;
    std::optional<network::Address> first;  // of the session
  };

  explicit SecondNetwork(base::Random& random) : random_(random) {}

  // An older token of the device dies.
  [[nodiscard]] Bytes issue(Owner owner, std::int64_t now_ms);
  // Consumes the token; none when it is unknown or too old.
  [[nodiscard]] std::optional<Owner> use(ByteView token, std::int64_t now_ms);
  [[nodiscard]] std::size_t size() const { return tokens_.size(); }

 private:
  struct Issued {
    Owner owner;
    std::int64_t expires_ms = 0;
  };
  struct Hash {
    std::size_t operator()(const base::Sha256& digest) const noexcept;
  };
  void make_room(const Owner& owner, std::int64_t now_ms);

  base::Random& random_;
  std::unordered_map<base::Sha256, Issued, Hash> tokens_;
};

}  // namespace conclave::whereabouts
