#include "tests/load/geo_eval/person.hpp"

#include <algorithm>
#include <cmath>

namespace conclave::geo_eval {
namespace {

using signals::Evidence;
using signals::NetworkFacts;
using signals::PathFacts;
using signals::Point;
using signals::Trait;

double line_ms(const Point& from, const Point& to) {
  constexpr double kDetour = 1.6;  // cables over great circles
  return kDetour * signals::least_round_trip_ms(signals::distance_km(from, to));
}

std::uint32_t plain_mtu(bool on_radio, Chance& chance) {
  const double draw = chance.unit();
  if (on_radio) return draw < 0.5 ? 1500 : draw < 0.75 ? 1430 : draw < 0.9 ? 1400 : 1358;
  return draw < 0.62 ? 1500 : draw < 0.92 ? 1492 : draw < 0.97 ? 1460 : 1480;
}

std::uint32_t tunnel_mtu(Chance& chance) {
  constexpr std::uint32_t kSizes[] = {1420, 1420, 1420, 1397, 1380, 1320, 1280, 1500};
  return kSizes[chance.below(std::size(kSizes))];
}

}  // namespace

PathFacts path_of(const Journey& journey, Chance& chance) {
  PathFacts path;
  const Point near_end = journey.exit.value_or(journey.where);
  double access = journey.on_radio ? chance.between(20, 60) : chance.between(3, 30);
  if (chance.with(0.03)) access += chance.exponential(80);
  if (journey.access != nullptr && journey.access->kind == Kind::satellite) access += 550;
  const double to_exit = line_ms(kServer, near_end) + 2;
  const double whole = line_ms(kServer, near_end) + line_ms(near_end, journey.where) + access;
  const bool split = journey.hop == Hop::proxy || journey.hop == Hop::tor;
  path.tcp_round_trip_ms = split ? to_exit : whole;
  // The server pings at hello; some clients are too busy to answer before they sign in.
  if (chance.with(0.95)) {
    path.application_round_trip_ms =
        whole + (journey.on_radio ? chance.exponential(8) : chance.exponential(2));
    if (journey.hop == Hop::tor) path.application_round_trip_ms += chance.between(150, 400);
  }
  path.mtu = journey.hop == Hop::vpn ? tunnel_mtu(chance)
             : split                 ? 1500
                                     : plain_mtu(journey.on_radio, chance);
  return path;
}

std::int32_t offset_at(const City& city) {
  const auto sun = static_cast<std::int32_t>(std::lround(city.middle.longitude / 15)) * 60;
  const auto* row = signals::find_country(city.country);
  if (row == nullptr) return sun;
  return std::clamp<std::int32_t>(sun, row->least_offset_quarters * 15,
                                  row->most_offset_quarters * 15);
}

NetworkFacts vpn_exit(const World& world, signals::CountryCode country, Point& exit,
                      Chance& chance) {
  constexpr double kListed = 0.8;
  exit = world.city_in(country, chance).middle;
  const Network& network = world.network(country, Kind::hosting, chance);
  NetworkFacts facts = world.address(network, exit, chance);
  if (facts.place) exit = facts.place->middle;
  if (chance.with(kListed)) facts.traits.add(Trait::vpn);
  return facts;
}

Person::Person(const World& world, Chance chance)
    : world_(world),
      chance_(std::move(chance)),
      home_(&world.any_city(chance_)),
      home_network_(&world.network(home_->country, Kind::fixed, chance_)),
      carrier_(&world.network(home_->country, Kind::mobile, chance_)),
      office_(chance_.with(0.6) ? &world.network(home_->country, Kind::fixed, chance_) : nullptr),
      far_egress_(office_ != nullptr && chance_.with(0.08)),
      has_laptop_(chance_.with(0.8)),
      tells_place_(chance_.with(0.4)),
      uses_vpn_(chance_.with(0.12)),
      vpn_country_(chance_.with(0.6) ? home_->country
                                     : world.city_abroad(home_->country, chance_).country),
      locale_(chance_.with(0.25) ? signals::CountryCode::of("US") : home_->country),
      new_phone_on_(chance_.with(0.6) ? static_cast<int>(chance_.below(kDays)) : -1) {
  plan_trips();
}

void Person::plan_trips() {
  // On average 1.8 trips abroad and 4 within the country a year; a tenth of the people travel five
  // times as much.
  const double busy = chance_.with(0.1) ? 5 : 1;
  for (double at = chance_.exponential(kDays / (5.8 * busy)); at < kDays - 20;
       at += chance_.exponential(kDays / (5.8 * busy))) {
    const bool abroad = chance_.with(1.8 / 5.8);
    Trip trip;
    trip.first_day = static_cast<int>(at);
    trip.last_day = trip.first_day + 1 + static_cast<int>(chance_.below(abroad ? 12 : 4));
    trip.to = abroad ? &world_.city_abroad(home_->country, chance_)
                     : &world_.city_in(home_->country, chance_);
    // A hotel chain may send its guests through another country.
    const bool chain = chance_.with(0.05);
    const City& exit = chain ? world_.any_city(chance_) : *trip.to;
    trip.hotel = &world_.network(exit.country, Kind::fixed, chance_);
    trip.hotel_address = world_.address(*trip.hotel, exit.middle, chance_);
    if (abroad && chance_.with(0.3)) {
      trip.roams_on = &world_.network(trip.to->country, Kind::mobile, chance_);
    }
    trips_.push_back(trip);
    at = trip.last_day + 3;
  }
}

const Trip* Person::trip_on(int day) const {
  for (const Trip& trip : trips_) {
    if (day >= trip.first_day && day <= trip.last_day) return &trip;
  }
  return nullptr;
}

void Person::renew_addresses(int day) {
  if (day < renew_on_) return;
  renew_on_ = day + 7 + static_cast<int>(chance_.exponential(30));
  home_address_ = world_.address(*home_network_, home_->middle, chance_);
  if (office_ == nullptr) return;
  const City& exit = far_egress_ && day == 0 ? world_.city_abroad(home_->country, chance_) : *home_;
  if (far_egress_ && day == 0) {
    office_ = &world_.network(exit.country, Kind::fixed, chance_);
    office_address_ = world_.address(*office_, exit.middle, chance_);
    // Half of the tenants have entered their company's egress.
    if (chance_.with(0.5)) office_address_.traits.add(Trait::shared_egress);
  } else if (!far_egress_) {
    office_address_ = world_.address(*office_, home_->middle, chance_);
  }
}

void Person::add_travel_day(std::vector<Moment>& out, const City& from, const City& to,
                            double from_hour) {
  const double km = signals::distance_km(from.middle, to.middle);
  const double hours = km < 400 ? km / 90 : 1 + km / 850;
  out.push_back({from_hour - 0.6, from.middle, &from, true, Moment::At::street});
  if (km > 1'500 && chance_.with(0.25)) {
    out.push_back({from_hour + hours / 2, to.middle, &to, chance_.with(0.6), Moment::At::flight});
  }
  out.push_back({from_hour + hours + 0.2, to.middle, &to, true, Moment::At::street});
  out.push_back({from_hour + hours + 2, to.middle, &to, true,
                 &to == home_ ? Moment::At::home : Moment::At::hotel});
}

std::vector<Person::Moment> Person::moments(int day) {
  std::vector<Moment> out;
  const Trip* trip = trip_on(day);
  if (trip != nullptr && day == trip->first_day) {
    add_travel_day(out, *home_, *trip->to, chance_.between(6, 12));
  } else if (trip != nullptr && day == trip->last_day) {
    add_travel_day(out, *trip->to, *home_, chance_.between(6, 12));
  } else if (trip != nullptr) {
    for (int i = 0; i < 4; ++i) {
      const auto at = chance_.with(0.6) ? Moment::At::hotel : Moment::At::street;
      const bool phone = at == Moment::At::street || !has_laptop_ || chance_.with(0.6);
      out.push_back({chance_.between(7, 23), trip->to->middle, trip->to, phone, at});
    }
  } else {
    const bool workday = day % 7 < 5;
    out.push_back({chance_.between(6, 8), home_->middle, home_, true, Moment::At::home});
    out.push_back({chance_.between(8, 9), home_->middle, home_, true, Moment::At::street});
    if (workday) {
      const auto at = office_ != nullptr ? Moment::At::work : Moment::At::home;
      out.push_back({chance_.between(9, 12), home_->middle, home_, !has_laptop_, at});
      out.push_back({chance_.between(12, 17), home_->middle, home_, chance_.with(0.5), at});
    } else if (chance_.with(0.3)) {
      // A weekend in another town of the same country, within the day.
      out.push_back({chance_.between(11, 15), home_->middle, home_, true, Moment::At::street});
    }
    out.push_back({chance_.between(18, 20), home_->middle, home_, true, Moment::At::home});
    out.push_back({chance_.between(20, 23), home_->middle, home_, !has_laptop_, Moment::At::home});
  }
  std::ranges::sort(out, {}, &Moment::hour);
  return out;
}

Journey Person::journey(const Moment& moment, const Trip* trip, bool vpn_today) {
  Journey out;
  out.where = moment.where;
  switch (moment.at) {
    case Moment::At::home:
      out.access = home_network_;
      out.seen = home_address_;
      break;
    case Moment::At::work:
      out.access = office_;
      out.seen = office_address_;
      break;
    case Moment::At::hotel:
      out.access = trip->hotel;
      out.seen = trip->hotel_address;
      break;
    case Moment::At::street:
      // Some sit in a café instead.
      if (chance_.with(0.1)) {
        out.access = &world_.network(moment.city->country, Kind::fixed, chance_);
      } else {
        const bool abroad = moment.city->country != home_->country;
        out.access =
            abroad && trip != nullptr && trip->roams_on != nullptr ? trip->roams_on : carrier_;
        out.on_radio = true;
      }
      out.seen = world_.address(*out.access, moment.where, chance_);
      // Home-routed roaming goes the long way round.
      if (out.on_radio && moment.city->country != out.access->country) out.exit = home_->middle;
      break;
    case Moment::At::flight:
      out.access = &world_.network(moment.city->country, Kind::satellite, chance_);
      out.seen = world_.address(*out.access, moment.where, chance_);
      break;
  }
  if (vpn_today && !moment.phone && moment.at != Moment::At::work) {
    Point exit;
    out.seen = vpn_exit(world_, vpn_country_, exit, chance_);
    out.exit = exit;
    out.hop = Hop::vpn;
    out.on_radio = false;
  }
  return out;
}

Evidence Person::evidence(int day, const Moment& moment, const Trip* trip, bool vpn_today) {
  const Journey way = journey(moment, trip, vpn_today);
  const std::uint64_t device = moment.phone ? phone_ : laptop_;
  Evidence out;
  out.here.at_s = kYearBegins + day * kDay + static_cast<std::int64_t>(moment.hour * kHour);
  out.here.device = {device};
  out.here.network = way.seen;
  out.here.attended = chance_.with(0.8);
  const bool follows_place = moment.phone || chance_.with(0.8);
  out.utc_offset_minutes = offset_at(follows_place ? *moment.city : *home_);
  out.locale_region = locale_;
  out.path = path_of(way, chance_);
  out.server = kServer;
  out.here.access = moment.phone && way.on_radio ? signals::AccessType::cellular
                    : moment.at == Moment::At::flight && chance_.with(0.3)
                        ? signals::AccessType::satellite
                        : signals::AccessType::wifi;
  if (tells_place_ && moment.phone) {
    out.here.fix = signals::DeviceFix{{moment.where, chance_.between(0.02, 3)}, 60};
  }
  if (moment.phone && !way.on_radio && chance_.with(0.15)) {
    const bool local = trip != nullptr && trip->roams_on != nullptr;
    out.second = world_.address(local ? *trip->roams_on : *carrier_, moment.where, chance_);
  }
  if (moment.at == Moment::At::work && way.hop == Hop::none && chance_.with(0.5)) {
    out.peers =
        signals::PeerFacts{3 + static_cast<std::uint32_t>(chance_.below(20)), {home_->middle, 10}};
  }
  return out;
}

std::vector<Evidence> Person::day(int day) {
  renew_addresses(day);
  if (day == new_phone_on_) {
    phone_ = next_device_++;
  }
  const bool vpn_today = uses_vpn_ && chance_.with(0.3);
  const Trip* trip = trip_on(day);
  std::vector<Evidence> out;
  for (const Moment& moment : moments(day)) {
    out.push_back(evidence(day, moment, trip, vpn_today));
  }
  return out;
}

}  // namespace conclave::geo_eval
