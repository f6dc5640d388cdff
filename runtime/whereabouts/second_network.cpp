#include "runtime/whereabouts/second_network.hpp"

#include <algorithm>
#include <cstring>

namespace conclave::whereabouts {

std::size_t SecondNetwork::Hash::operator()(const base::Sha256& digest) const noexcept {
  std::size_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

void SecondNetwork::make_room(const Owner& owner, std::int64_t now_ms) {
  std::erase_if(tokens_, [&](const auto& entry) {
    const Issued& issued = entry.second;
    const bool same = issued.owner.tenant == owner.tenant && issued.owner.user == owner.user &&
                      issued.owner.device == owner.device;
    return same || issued.expires_ms <= now_ms;
  });
  if (tokens_.size() < kMostTokens) return;
  tokens_.erase(std::ranges::min_element(
      tokens_, {}, [](const auto& entry) { return entry.second.expires_ms; }));
}

Bytes SecondNetwork::issue(Owner owner, std::int64_t now_ms) {
  make_room(owner, now_ms);
  Bytes token = random_.bytes(kTokenBytes);
  tokens_[base::sha256(token)] = {std::move(owner), now_ms + kLife_ms};
  return token;
}

std::optional<SecondNetwork::Owner> SecondNetwork::use(ByteView token, std::int64_t now_ms) {
  const auto found = tokens_.find(base::sha256(token));
  if (found == tokens_.end()) return std::nullopt;
  const Issued issued = std::move(found->second);
  tokens_.erase(found);
  if (issued.expires_ms <= now_ms) return std::nullopt;
  return issued.owner;
}

}  // namespace conclave::whereabouts
