#pragma once

#include <span>

#include "policies/document/binding.hpp"
#include "policies/engine/facts.hpp"

// The keys of facts by struct; private to this folder.
namespace conclave::policy {

template <class Struct>
using Keys = std::span<const schema::Key<Struct>>;

[[nodiscard]] Keys<Facts> keys_of(const Facts&);
[[nodiscard]] Keys<AccountFacts> keys_of(const AccountFacts&);
[[nodiscard]] Keys<DeviceFacts> keys_of(const DeviceFacts&);
[[nodiscard]] Keys<SessionFacts> keys_of(const SessionFacts&);
[[nodiscard]] Keys<CredentialFacts> keys_of(const CredentialFacts&);
[[nodiscard]] Keys<PassedFactor> keys_of(const PassedFactor&);
[[nodiscard]] Keys<ApprovalFacts> keys_of(const ApprovalFacts&);
[[nodiscard]] Keys<RecoveryFacts> keys_of(const RecoveryFacts&);
[[nodiscard]] Keys<NetworkFacts> keys_of(const NetworkFacts&);
[[nodiscard]] Keys<Listing> keys_of(const Listing&);
[[nodiscard]] Keys<FindingFacts> keys_of(const FindingFacts&);

}  // namespace conclave::policy
