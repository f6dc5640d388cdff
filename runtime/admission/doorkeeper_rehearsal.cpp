// Doorkeeper: what another policy would do to those who are in now.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <tuple>

#include "policies/engine/engine.hpp"
#include "runtime/admission/doorkeeper.hpp"
#include "runtime/admission/report.hpp"
#include "runtime/async/deadline.hpp"

namespace conclave::admission {

namespace {

using identity::Device;
using policy::Outcome;

constexpr std::size_t kAtOnce = 200;  // devices, before others of the shard have their turn

struct Seat {
  UserId user;
  DeviceId device;
  SessionId session;  // none: it is not in
};

// Counts devices and the people that they belong to.
class Crowd {
 public:
  void add(UserId user) {
    ++devices_;
    users_.insert(user);
  }
  [[nodiscard]] Heads heads() const { return {devices_, users_.size()}; }

 private:
  std::size_t devices_ = 0;
  std::set<UserId> users_;
};

Candidate returning(const Device& device) {
  Candidate out;
  out.device = device;
  out.credential = policy::CredentialKind::device_key;
  return out;
}

std::vector<Seat> seats_of(const identity::Directory& directory, const identity::Sessions& sessions,
                           TenantId tenant) {
  std::map<DeviceId, SessionId> open;
  for (const identity::Session* session : sessions.of_tenant(tenant)) {
    open.emplace(session->actor.device, session->id);
  }
  std::vector<Seat> out;
  std::vector<Seat> resting;
  for (const identity::User* user : directory.users(tenant)) {
    for (const Device* device : directory.devices_of(tenant, user->id)) {
      if (device->revoked_ms != 0) continue;
      const auto found = open.find(device->id);
      const SessionId session = found == open.end() ? SessionId{} : found->second;
      (session ? out : resting).push_back({user->id, device->id, session});
    }
  }
  // Those who are in come first, should there be too many.
  out.insert(out.end(), resting.begin(), resting.end());
  return out;
}

}  // namespace

std::optional<Candidate> Doorkeeper::seated(TenantId tenant, DeviceId device,
                                            SessionId session) const {
  if (const identity::Session* found = parts_.sessions.find(session); found != nullptr) {
    return gatherer_.candidate_of(*found);
  }
  const Device* known = parts_.directory.device(tenant, device);
  if (known == nullptr || known->revoked_ms != 0) return std::nullopt;
  return returning(*known);
}

Task<Rehearsal> Doorkeeper::rehearse(TenantId tenant, policy::Policy rules) {
  Rehearsal out;
  std::vector<Seat> seats = seats_of(parts_.directory, parts_.sessions, tenant);
  if (seats.size() > Rehearsal::kLooked) {
    out.skipped = seats.size() - Rehearsal::kLooked;
    seats.resize(Rehearsal::kLooked);
  }
  Crowd open;
  Crowd rest;
  Crowd eased;
  std::map<Outcome, Crowd> worse;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    const bool others_turn = i % kAtOnce == kAtOnce - 1;
    if (others_turn) co_await async::sleep_for(std::chrono::milliseconds(0));
    const Seat& seat = seats[i];
    // What is kept of places is held against an address, which only sessions have.
    if (seat.session && parts_.knowledge.prepare) {
      co_await parts_.knowledge.prepare(tenant, seat.user);
    }
    const auto candidate = seated(tenant, seat.device, seat.session);
    if (!candidate) continue;
    (seat.session ? open : rest).add(seat.user);
    const policy::Facts facts = gatherer_.gather(*candidate, gatherer_.observe(*candidate));
    const Outcome now = policy::decide(facts, policy_of(tenant)).outcome;
    const policy::Decision then = policy::decide(facts, rules);
    if (then.outcome == now) continue;
    (then.outcome > now ? worse[then.outcome] : eased).add(seat.user);
    out.touched.push_back(
        {seat.user, seat.device, bool(seat.session), now, then.outcome, reasons_line(then)});
  }
  out.open = open.heads();
  out.resting = rest.heads();
  out.refused = worse[Outcome::refuse].heads();
  out.restricted = worse[Outcome::restrict].heads();
  out.stepped_up = worse[Outcome::step_up].heads();
  out.eased = eased.heads();
  std::ranges::sort(out.touched, std::greater{}, [](const Touched& each) {
    return std::tuple(each.then, each.user, each.device);
  });
  if (out.touched.size() > Rehearsal::kListed) out.touched.resize(Rehearsal::kListed);
  co_return out;
}

}  // namespace conclave::admission
