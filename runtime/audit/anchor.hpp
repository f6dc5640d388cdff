#pragma once

#include "runtime/audit/trail.hpp"

namespace conclave::audit {

inline constexpr ErrorSpec kRolledBack{
    "rows.rolled_back", ErrorKind::unavailable,
    "The store is older than what the token has seen, or its audit trail was rewritten: nobody can "
    "sign in. An operator puts the newest store in place, or accepts this one."};

// Holds the audit trail against the anchor in the token (keys contract, K3): whoever puts an older
// copy of the store in place brings no revoked device and no former admin back. What was written
// after the last advance() is not protected; the caller advances every second. On the shard's
// thread only.
class Anchor {
 public:
  Anchor(Trail& trail, store::ContentStore& store, hsm::api::KeyService& keys)
      : trail_(trail), store_(store), keys_(keys) {}

  // At a start, after Trail::load(). kRolledBack; other errors are the token's or the store's. A
  // token that was never told anything (a new one, or one reset by an operator) takes the trail as
  // it is.
  [[nodiscard]] Task<Result<void>> check();
  // Tells the token how far the trail is; nothing when it knows.
  [[nodiscard]] Task<Result<void>> advance();
  // The entry that the token knows of.
  [[nodiscard]] std::uint64_t told() const { return told_; }

 private:
  Trail& trail_;
  store::ContentStore& store_;
  hsm::api::KeyService& keys_;
  std::uint64_t told_ = 0;
};

}  // namespace conclave::audit
