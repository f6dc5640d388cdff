#include "tests/load/geo_eval/theft.hpp"

namespace conclave::geo_eval {
namespace {

using signals::Trait;

constexpr base::DeviceId kThiefsDevice{1'000'000};

bool copied(Theft kind) {
  return kind == Theft::copied_session_abroad || kind == Theft::copied_session_vpn;
}

bool neighbour(Theft kind) {
  return kind == Theft::neighbour_other_network || kind == Theft::neighbour_same_network;
}

}  // namespace

Thief::Thief(const World& world, const Person& victim, Theft kind, Chance& chance)
    : world_(world), victim_(victim), kind_(kind), hides_clock_(chance.with(0.5)) {
  const City& home = victim.home();
  city_ = neighbour(kind) ? &home : &world.city_abroad(home.country, chance);
  way_.where = city_->middle;
  way_.access = &world.network(city_->country, Kind::fixed, chance);
  const auto leave_at = [&](const City& exit, const Network& network, Hop hop) {
    way_.exit = exit.middle;
    way_.hop = hop;
    way_.seen = world_.address(network, exit.middle, chance);
  };
  switch (kind) {
    case Theft::abroad:
    case Theft::copied_session_abroad:
      way_.seen = world.address(*way_.access, way_.where, chance);
      break;
    case Theft::abroad_hosting:
      way_.access = &world.network(city_->country, Kind::hosting, chance);
      way_.seen = world.address(*way_.access, way_.where, chance);
      break;
    case Theft::vpn_at_home:
    case Theft::copied_session_vpn: {
      signals::Point exit;
      way_.seen = vpn_exit(world, home.country, exit, chance);
      way_.exit = exit;
      way_.hop = Hop::vpn;
      break;
    }
    case Theft::proxy_same_country:
      leave_at(world.city_in(home.country, chance),
               world.network(home.country, Kind::fixed, chance), Hop::proxy);
      break;
    case Theft::proxy_same_town: {
      const bool same = chance.with(0.3);
      leave_at(home,
               same ? victim.home_network() : world.network(home.country, Kind::fixed, chance),
               Hop::proxy);
      break;
    }
    case Theft::tor: {
      const City& exit = world.any_city(chance);
      leave_at(exit, world.network(exit.country, Kind::hosting, chance), Hop::tor);
      if (chance.with(0.95)) way_.seen.traits.add(Trait::tor);
      break;
    }
    case Theft::neighbour_other_network:
      way_.seen = world.address(*way_.access, home.middle, chance);
      break;
    case Theft::neighbour_same_network:
      way_.access = &victim.home_network();
      way_.seen = world.address(*way_.access, home.middle, chance);
      break;
  }
  // Lists know a part of the residential proxies.
  if (way_.hop == Hop::proxy && chance.with(0.25)) way_.seen.traits.add(Trait::proxy);
}

signals::Evidence Thief::connect(std::int64_t at_s, Chance& chance) const {
  signals::Evidence out;
  out.here.at_s = at_s;
  out.here.device = copied(kind_) ? victim_.phone() : kThiefsDevice;
  out.here.network = way_.seen;
  out.utc_offset_minutes = offset_at(hides_clock_ ? victim_.home() : *city_);
  out.locale_region = hides_clock_ ? victim_.locale() : city_->country;
  out.path = path_of(way_, chance);
  out.server = kServer;
  out.here.access = signals::AccessType::wifi;
  return out;
}

}  // namespace conclave::geo_eval
