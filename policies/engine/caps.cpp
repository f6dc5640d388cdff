#include <algorithm>
#include <optional>
#include <tuple>

#include "policies/engine/engine.hpp"
#include "policies/engine/judgement.hpp"

// The cap and who goes for a newcomer. Two devices can never sign each other out in turn: only a
// sign-in by a person's own act (password, fresh factor, approval) signs another device out, a
// return by device key or resume handle never does; and a device is safe for its first
// tenure_minutes. README.md has the whole rule.
namespace conclave::policy {
namespace {

constexpr Seconds kMinuteS = 60;

// A device of the user that is signed in, over all of its live sessions.
struct Standing {
  const std::string* device;
  DeviceClass device_class;
  bool primary;
  Seconds idle_s;
  Seconds signed_in_s;
};

using Standings = std::vector<Standing>;

void count(Standings& list, const SessionFacts& session) {
  const auto known = std::ranges::find_if(
      list, [&](const Standing& one) { return *one.device == session.device; });
  if (known == list.end()) {
    list.push_back({&session.device, session.device_class, session.primary, session.idle_s,
                    session.signed_in_s});
    return;
  }
  known->idle_s = std::min(known->idle_s, session.idle_s);
  known->signed_in_s = std::max(known->signed_in_s, session.signed_in_s);
}

struct Room {
  Cap cap;
  std::optional<std::int64_t> class_cap;
  std::int64_t standing;  // other devices signed in
  std::int64_t same_class;
  // How many have to go before the newcomer fits.
  [[nodiscard]] std::int64_t missing() const { return standing + 1 - cap.devices; }
  [[nodiscard]] std::int64_t missing_in_class() const {
    return class_cap ? same_class + 1 - *class_cap : 0;
  }
  [[nodiscard]] bool fits() const { return missing() <= 0 && missing_in_class() <= 0; }
};

// Least recently used first; of several the one that signed in longer ago, then by id, so that the
// answer never depends on the order of the facts. The primary comes last.
bool goes_before(const Standing& left, const Standing& right) {
  return std::tie(left.primary, right.idle_s, right.signed_in_s, *left.device) <
         std::tie(right.primary, left.idle_s, left.signed_in_s, *right.device);
}

// Who goes so that the newcomer fits both caps; nothing when not enough may go.
std::optional<std::vector<std::string>> choose(Standings candidates, const Room& room,
                                               DeviceClass newcomer) {
  std::ranges::sort(candidates, goes_before);
  auto in_class = room.missing_in_class();
  auto in_all = room.missing();
  std::vector<std::string> out;
  const auto let_go = [&](const Standing& one) {
    out.push_back(*one.device);
    --in_class;
    --in_all;
  };
  for (const auto& one : candidates)
    if (in_class > 0 && one.device_class == newcomer) let_go(one);
  for (const auto& one : candidates)
    if (in_all > 0 && std::ranges::find(out, *one.device) == out.end()) let_go(one);
  if (in_class > 0 || in_all > 0) return std::nullopt;
  return out;
}

Standings standing_devices(const Facts& facts) {
  Standings out;
  for (const auto& session : facts.sessions)
    if (session.device != facts.device.id && is_live(session, facts)) count(out, session);
  return out;
}

bool stands_already(const Facts& facts) {
  return std::ranges::any_of(facts.sessions, [&](const SessionFacts& session) {
    return session.device == facts.device.id && is_live(session, facts);
  });
}

Room room_for(const Judgement& judgement, const Standings& standing) {
  const auto& rules = judgement.policy.devices;
  const auto own_class = judgement.facts.device.device_class;
  const auto found = rules.cap_by_class.find(to_text(own_class));
  std::optional<std::int64_t> class_cap;
  if (found != rules.cap_by_class.end()) class_cap = found->second;
  return {cap_of(judgement.facts.account, rules), class_cap,
          static_cast<std::int64_t>(standing.size()),
          std::ranges::count(standing, own_class, &Standing::device_class)};
}

void add_cap(Judgement& judgement, const Room& room, Outcome effect) {
  const bool by_class = room.missing() <= 0;
  auto& reason = judgement.add(Code::cap_reached, effect);
  reason.subject = by_class ? "class " + std::string(to_text(judgement.facts.device.device_class))
                            : room.cap.source;
  reason.value = by_class ? room.same_class : room.standing;
  reason.limit = by_class ? *room.class_cap : room.cap.devices;
}

void admit(Judgement& judgement, const Room& room, const std::vector<std::string>& goers) {
  add_cap(judgement, room, Outcome::allow);
  for (const auto& device : goers) judgement.oblige(Duty::sign_out, device);
}

// In person: somebody did something a program does not repeat by itself.
bool is_in_person(const Judgement& judgement) {
  return judgement.facts.credential.kind == CredentialKind::password ||
         has_passed(judgement, fresh_s(judgement.policy));
}

bool sign_out_oldest(Judgement& judgement, const Room& room, const Standings& standing) {
  if (!is_in_person(judgement)) {
    judgement.add(Code::cap_unattended, Outcome::allow);
    return false;
  }
  const auto tenure_s = judgement.policy.devices.tenure_minutes * kMinuteS;
  Standings candidates = standing;
  std::erase_if(candidates,
                [&](const Standing& one) { return one.primary || one.signed_in_s < tenure_s; });
  const auto goers = choose(candidates, room, judgement.facts.device.device_class);
  if (goers) {
    admit(judgement, room, *goers);
    return true;
  }
  judgement.add(Code::cap_tenure, Outcome::allow).limit = judgement.policy.devices.tenure_minutes;
  return false;
}

// The primary itself may make room for itself, in person.
bool ask_primary(Judgement& judgement, const Room& room, const Standings& standing) {
  const bool own = judgement.facts.device.primary && is_in_person(judgement);
  if (!own && !is_approved(judgement)) return false;
  const auto goers = choose(standing, room, judgement.facts.device.device_class);
  if (goers) admit(judgement, room, *goers);
  return goers.has_value();
}

}  // namespace

bool is_live(const SessionFacts& session, const Facts& facts) {
  if (session.ended) return false;
  return session.attached || session.idle_s <= facts.session_dead_after_s;
}

Cap cap_of(const AccountFacts& account, const Devices& rules) {
  const auto own = rules.cap_by_user.find(account.name);
  if (own != rules.cap_by_user.end()) return {own->second, "user " + account.name};
  std::optional<Cap> least;
  for (const auto& [name, cap] : rules.cap_by_role) {
    const auto role = parse_word<Role>(name);
    if (!role || !account.roles.has(*role)) continue;
    if (!least || cap < least->devices) least = Cap{cap, "role " + name};
  }
  return least ? *least : Cap{rules.cap, "tenant"};
}

void judge_caps(Judgement& judgement) {
  if (stands_already(judgement.facts)) return;
  const auto standing = standing_devices(judgement.facts);
  const auto room = room_for(judgement, standing);
  if (room.fits()) return;
  const auto overflow = judgement.policy.devices.overflow;
  if (overflow == Overflow::sign_out_oldest && sign_out_oldest(judgement, room, standing)) return;
  if (overflow == Overflow::refuse) return add_cap(judgement, room, Outcome::refuse);
  if (ask_primary(judgement, room, standing)) return;
  // Asked and waiting, or nobody to ask.
  const bool asked = judgement.facts.account.has_primary;
  add_cap(judgement, room, asked ? Outcome::step_up : Outcome::refuse);
}

}  // namespace conclave::policy
