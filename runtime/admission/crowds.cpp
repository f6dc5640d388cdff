#include "runtime/admission/crowds.hpp"

#include <algorithm>

#include "runtime/base/digest.hpp"

namespace conclave::admission {

namespace {

constexpr std::size_t kSecretBytes = 32;
// An IPv4 address is the last 32 bits of its mapped form (RFC 4291, 2.5.5.2). A site has at most a
// /48 (RFC 6177), and whoever has one link picks among all addresses of its /64.
constexpr unsigned kBlock4 = 96 + 24;
constexpr unsigned kBlock6 = 48;
constexpr unsigned kHost4 = 128;
constexpr unsigned kHost6 = 64;

}  // namespace

std::int64_t Crowds::Seen::last_ms() const {
  return std::max({failed_ms, enrolled_ms, known_ms});
}

Crowds::Crowds(Parts parts)
    : parts_(std::move(parts)), secret_(parts_.random.bytes(kSecretBytes)) {}

std::uint64_t Crowds::digest(Kind kind, ByteView bytes) const {
  base::ByteWriter out(secret_.size() + bytes.size() + 1);
  out.raw(secret_).u8(static_cast<std::uint8_t>(kind)).raw(bytes);
  return base::ByteReader(base::sha256(out.bytes())).u64();
}

std::uint64_t Crowds::digest(Kind kind, const network::Address& address, unsigned bits) const {
  // All lengths are whole octets.
  return digest(kind, ByteView(address.octets()).first(bits / 8));
}

Crowds::Place& Crowds::place(std::uint64_t key) {
  const auto [found, made] = places_.try_emplace(key);
  if (!made) {
    ages_.splice(ages_.end(), ages_, found->second.age);
    return found->second;
  }
  found->second.age = ages_.insert(ages_.end(), key);
  if (places_.size() > parts_.limits.places) {
    places_.erase(ages_.front());
    ages_.pop_front();
  }
  return found->second;
}

const Crowds::Place* Crowds::find(std::uint64_t key) const {
  const auto found = places_.find(key);
  return found == places_.end() ? nullptr : &found->second;
}

void Crowds::count(std::uint64_t key, std::uint64_t account, Outcome outcome, std::int64_t now_ms) {
  std::vector<Seen>& accounts = place(key).accounts;
  auto at = std::ranges::find(accounts, account, &Seen::account);
  if (at == accounts.end()) {
    if (accounts.size() < parts_.limits.accounts) {
      at = accounts.insert(at, Seen{});
    } else {
      at = std::ranges::min_element(accounts, {}, &Seen::last_ms);
      *at = Seen{};
    }
    at->account = account;
  }
  switch (outcome) {
    case Outcome::failed:
      at->failed_ms = now_ms;
      return;
    case Outcome::enrolled:
      at->enrolled_ms = now_ms;
      return;
    case Outcome::known:
      at->known_ms = now_ms;
      return;
  }
}

void Crowds::beat(std::uint64_t key, std::uint64_t account, std::int64_t now_ms) {
  std::vector<Beat>& beats = place(key).beats;
  // Somebody who mistypes does so again and again; a list goes on to the next account.
  if (!beats.empty() && beats.back().account == account) return;
  if (beats.size() == kBeats) beats.erase(beats.begin());
  beats.push_back({now_ms, account});
}

void Crowds::note(std::string_view account, const std::optional<network::Address>& address,
                  ByteView hardware, Outcome outcome) {
  const std::int64_t now_ms = parts_.clock.monotonic_ms();
  const std::uint64_t who = digest(Kind::account, base::as_bytes(account));
  if (outcome == Outcome::enrolled && !hardware.empty()) {
    count(digest(Kind::hardware, hardware), who, outcome, now_ms);
  }
  if (!address || address->is_internal()) return;
  const bool v4 = address->is_v4();
  count(digest(Kind::block, *address, v4 ? kBlock4 : kBlock6), who, outcome, now_ms);
  const std::uint32_t system = parts_.system ? parts_.system(*address) : 0;
  if (system != 0) {
    const Bytes number = base::ByteWriter().u32(system).take();
    count(digest(Kind::system, number), who, outcome, now_ms);
  }
  if (outcome != Outcome::known) {
    beat(digest(Kind::address, *address, v4 ? kHost4 : kHost6), who, now_ms);
  }
}

signals::NetworkCrowd Crowds::crowd_of(std::uint64_t key, std::uint64_t newcomer,
                                       std::int64_t since_ms) const {
  signals::NetworkCrowd out;
  bool counted = false;
  if (const Place* at = find(key)) {
    for (const Seen& seen : at->accounts) {
      const bool own = seen.account == newcomer;
      counted |= own;
      if (seen.known_ms >= since_ms && seen.known_ms != 0) {
        ++out.known;
      } else if (own || (seen.enrolled_ms >= since_ms && seen.enrolled_ms != 0)) {
        ++out.enrolled;
      } else if (seen.failed_ms >= since_ms && seen.failed_ms != 0) {
        ++out.tried;
      }
    }
  }
  if (!counted) ++out.enrolled;
  return out;
}

std::vector<signals::Finding> Crowds::look(const Asked& asked,
                                           const signals::CrowdRules& rules) const {
  const std::int64_t now_ms = parts_.clock.monotonic_ms();
  const std::int64_t since_ms = now_ms - std::min(asked.window_ms, parts_.limits.keep_ms);
  const std::uint64_t who = digest(Kind::account, base::as_bytes(asked.account));
  signals::CrowdFacts facts;
  std::vector<std::int64_t> gaps;
  if (!asked.hardware.empty()) {
    facts.on_hardware = crowd_of(digest(Kind::hardware, asked.hardware), who, since_ms).enrolled;
  }
  if (asked.address && !asked.address->is_internal()) {
    const bool v4 = asked.address->is_v4();
    facts.block =
        crowd_of(digest(Kind::block, *asked.address, v4 ? kBlock4 : kBlock6), who, since_ms);
    const std::uint32_t system = parts_.system ? parts_.system(*asked.address) : 0;
    if (system != 0) {
      const Bytes number = base::ByteWriter().u32(system).take();
      facts.system = crowd_of(digest(Kind::system, number), who, since_ms);
    }
    const Place* host = find(digest(Kind::address, *asked.address, v4 ? kHost4 : kHost6));
    for (std::size_t i = 1; host != nullptr && i < host->beats.size(); ++i) {
      if (host->beats[i - 1].at_ms < since_ms) continue;
      gaps.push_back(host->beats[i].at_ms - host->beats[i - 1].at_ms);
    }
  }
  facts.gaps_ms = gaps;
  return signals::look_at_crowd(facts, rules);
}

}  // namespace conclave::admission
