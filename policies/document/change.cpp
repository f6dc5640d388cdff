#include "policies/document/change.hpp"

#include <algorithm>
#include <set>

namespace conclave::policy {
namespace {

using schema::IntegerMap;

Effect stricter_when(bool tightens, bool weakens) {
  return {tightens, weakens, false};
}

Effect of_numbers(const schema::Value& before, const schema::Value& after, bool smaller) {
  const Number old = std::get<Number>(before);
  const Number now = std::get<Number>(after);
  return smaller ? stricter_when(now<old, now> old) : stricter_when(now > old, now < old);
}

Effect of_flags(const schema::Value& before, const schema::Value& after, bool strict) {
  const bool old = std::get<bool>(before);
  const bool now = std::get<bool>(after);
  return stricter_when(now == strict && old != strict, now != strict && old == strict);
}

Effect of_ladder(const schema::Rule& rule, const schema::Value& before,
                 const schema::Value& after) {
  const auto& rungs = std::get<schema::TextRule>(rule).allowed;
  const auto old = std::ranges::find(rungs, std::get<std::string>(before));
  const auto now = std::ranges::find(rungs, std::get<std::string>(after));
  return stricter_when(now > old, now < old);
}

// {a member was added, a member went}; "*" stands for all there are.
std::pair<bool, bool> moved(const schema::Value& before, const schema::Value& after) {
  const auto& left = std::get<std::vector<std::string>>(before);
  const auto& right = std::get<std::vector<std::string>>(after);
  const std::set<std::string> old(left.begin(), left.end());
  const std::set<std::string> now(right.begin(), right.end());
  const bool all_before = old.contains("*");
  const bool all_now = now.contains("*");
  if (all_before || all_now) return {!all_before, !all_now};
  return {!std::ranges::includes(old, now), !std::ranges::includes(now, old)};
}

Effect of_least(const schema::Value& before, const schema::Value& after) {
  const auto& old = std::get<IntegerMap>(before);
  const auto& now = std::get<IntegerMap>(after);
  Effect out;
  for (const auto& [name, cap] : now) {
    const auto was = old.find(name);
    out |=
        stricter_when(was == old.end() || cap < was->second, was != old.end() && cap > was->second);
  }
  for (const auto& [name, cap] : old) out.weakens |= !now.contains(name);
  return out;
}

Number widest(Number cap, const IntegerMap& map) {
  for (const auto& [name, value] : map) cap = std::max(cap, value);
  return cap;
}

Number narrowest(Number cap, const IntegerMap& map) {
  for (const auto& [name, value] : map) cap = std::min(cap, value);
  return cap;
}

// What holds where an entry is missing: for a role the caps of other roles or the general one, for
// a user any of those.
struct Fallback {
  Number least = 0;
  Number most = 0;
};

Fallback fallback(const Field& field, const Devices& devices) {
  if (field.key.get == find_field("devices.cap_by_role")->key.get)
    return {devices.cap, widest(devices.cap, devices.cap_by_role)};
  return {narrowest(devices.cap, devices.cap_by_role), widest(devices.cap, devices.cap_by_role)};
}

Effect of_caps(const Field& field, const Policy& before, const Policy& after) {
  const auto old_value = field.key.get(before);
  const auto new_value = field.key.get(after);
  const auto& old = std::get<IntegerMap>(old_value);
  const auto& now = std::get<IntegerMap>(new_value);
  const Fallback was_else = fallback(field, before.devices);
  const Fallback is_else = fallback(field, after.devices);
  Effect out;
  for (const auto& [name, cap] : now) {
    const auto was = old.find(name);
    const Number least = was == old.end() ? was_else.least : was->second;
    const Number most = was == old.end() ? was_else.most : was->second;
    out |= stricter_when(cap<most, cap> least);
  }
  for (const auto& [name, cap] : old)
    if (!now.contains(name)) out |= stricter_when(is_else.least<cap, is_else.most> cap);
  return out;
}

Effect plain_effect(const Field& field, const Policy& before, const Policy& after) {
  const auto old = field.key.get(before);
  const auto now = field.key.get(after);
  switch (field.order) {
    case Order::smaller:
      return of_numbers(old, now, true);
    case Order::larger:
      return of_numbers(old, now, false);
    case Order::ladder:
      return of_ladder(field.key.rule, old, now);
    case Order::yes:
      return of_flags(old, now, true);
    case Order::no:
      return of_flags(old, now, false);
    case Order::subset:
      return stricter_when(moved(old, now).second, moved(old, now).first);
    case Order::superset:
      return stricter_when(moved(old, now).first, moved(old, now).second);
    case Order::caps:
      return of_caps(field, before, after);
    case Order::least:
      return of_least(old, now);
    case Order::none:
      return {};
  }
  return {};
}

}  // namespace

Effect& Effect::operator|=(const Effect& other) {
  tightens |= other.tightens;
  weakens |= other.weakens;
  moves_trust |= other.moves_trust;
  return *this;
}

std::string names(std::span<const Change> changes) {
  std::string out;
  for (const Change& change : changes) {
    if (!out.empty()) out += ' ';
    out += change.field->name();
  }
  return out;
}

std::string to_text(const Effect& effect) {
  std::string out;
  const auto add = [&](bool holds, std::string_view word) {
    if (holds) out += std::string(out.empty() ? "" : ", ") + std::string(word);
  };
  add(effect.weakens, "weakening");
  add(effect.moves_trust, "moving trust");
  add(effect.tightens, "tightening");
  return out.empty() ? "neutral" : out;
}

Effect effect_of(const Field& field, const Policy& before, const Policy& after) {
  Effect out = plain_effect(field, before, after);
  out.moves_trust = (field.trust == Trust::moves_when_weaker && out.weakens) ||
                    (field.trust == Trust::moves_when_stricter && out.tightens);
  return out;
}

std::vector<Change> changes(const Policy& before, const Policy& after) {
  std::vector<Change> out;
  for (const auto& field : fields()) {
    const auto old = field.key.get(before);
    const auto now = field.key.get(after);
    if (old == now || field.name() == "base") continue;
    out.push_back(
        {&field, schema::toml_text(old), schema::toml_text(now), effect_of(field, before, after)});
  }
  return out;
}

}  // namespace conclave::policy
