#include "runtime/admission/tickets.hpp"

#include <algorithm>

namespace conclave::admission {

namespace {

constexpr std::size_t kTicketSize = 32;

}  // namespace

void Tickets::make_room(const Candidate& candidate) {
  const auto older = [](const auto& left, const auto& right) {
    return left.second.expires_ms < right.second.expires_ms;
  };
  if (kept_.size() >= limits_.all) kept_.erase(std::ranges::min_element(kept_, older));
  const auto own = [&](const auto& entry) {
    const identity::Device& device = entry.second.candidate.device;
    return device.tenant == candidate.device.tenant && device.user == candidate.device.user;
  };
  if (static_cast<std::size_t>(std::ranges::count_if(kept_, own)) < limits_.per_user) return;
  auto oldest = kept_.end();
  for (auto it = kept_.begin(); it != kept_.end(); ++it) {
    if (own(*it) && (oldest == kept_.end() || older(*it, *oldest))) oldest = it;
  }
  kept_.erase(oldest);
}

Tickets::Issued Tickets::put(Candidate candidate, std::optional<Bytes> ticket) {
  make_room(candidate);
  Issued out;
  out.ticket = ticket ? std::move(*ticket) : random_.bytes(kTicketSize);
  out.expires_ms = clock_.utc_ms() + limits_.lifetime_ms;
  kept_[base::sha256(out.ticket)] = {std::move(candidate),
                                     clock_.monotonic_ms() + limits_.lifetime_ms};
  return out;
}

std::optional<Candidate> Tickets::take(ByteView ticket) {
  const auto found = kept_.find(base::sha256(ticket));
  if (found == kept_.end()) return std::nullopt;
  Kept kept = std::move(found->second);
  kept_.erase(found);
  if (clock_.monotonic_ms() > kept.expires_ms) return std::nullopt;
  return std::move(kept.candidate);
}

void Tickets::sweep() {
  const std::int64_t now_ms = clock_.monotonic_ms();
  std::erase_if(kept_, [now_ms](const auto& entry) { return now_ms > entry.second.expires_ms; });
}

}  // namespace conclave::admission
