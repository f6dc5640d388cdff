#pragma once

#include <optional>
#include <vector>

#include "policies/signals/assess.hpp"
#include "tests/load/geo_eval/world.hpp"

namespace conclave::geo_eval {

inline constexpr std::int64_t kHour = 3'600;
inline constexpr std::int64_t kDay = 24 * kHour;
inline constexpr std::int64_t kYearBegins = 1'767'225'600;  // 2026-01-01 UTC
inline constexpr int kDays = 365;
inline constexpr signals::Point kServer{50.11, 8.68};  // Frankfurt

// What a connection goes through besides the access network.
enum class Hop : std::uint8_t { none, vpn, proxy, tor };

struct Journey {
  signals::Point where;                // the truth
  const Network* access = nullptr;     // of the person
  signals::NetworkFacts seen;          // of the address that the server sees
  std::optional<signals::Point> exit;  // of the hop; none without one
  Hop hop = Hop::none;
  bool on_radio = false;
};

// Round trips and packet sizes as such a journey has them.
[[nodiscard]] signals::PathFacts path_of(const Journey& journey, Chance& chance);
// The offset that clocks show at a place.
[[nodiscard]] std::int32_t offset_at(const City& city);
// A VPN exit or proxy in a country, as lists know it.
[[nodiscard]] signals::NetworkFacts vpn_exit(const World& world, signals::CountryCode country,
                                             signals::Point& exit, Chance& chance);

struct Trip {
  int first_day = 0;
  int last_day = 0;
  const City* to = nullptr;
  const Network* hotel = nullptr;
  signals::NetworkFacts hotel_address;
  const Network* roams_on = nullptr;  // null: home-routed
};

// A person's year: where she is, with which device, through which network.
class Person {
 public:
  Person(const World& world, Chance chance);

  // The connections of a day in their order; whether a device is known is the server's to say.
  [[nodiscard]] std::vector<signals::Evidence> day(int day);

  [[nodiscard]] const City& home() const { return *home_; }
  [[nodiscard]] const Network& home_network() const { return *home_network_; }
  [[nodiscard]] base::DeviceId phone() const { return {phone_}; }
  [[nodiscard]] signals::CountryCode locale() const { return locale_; }

 private:
  struct Moment {
    double hour = 0;
    signals::Point where;
    const City* city = nullptr;
    bool phone = true;
    enum class At : std::uint8_t { home, work, street, hotel, flight } at = At::home;
  };
  [[nodiscard]] std::vector<Moment> moments(int day);
  void add_travel_day(std::vector<Moment>& out, const City& from, const City& to, double from_hour);
  [[nodiscard]] const Trip* trip_on(int day) const;
  [[nodiscard]] Journey journey(const Moment& moment, const Trip* trip, bool vpn_today);
  [[nodiscard]] signals::Evidence evidence(int day, const Moment& moment, const Trip* trip,
                                           bool vpn_today);
  void plan_trips();
  void renew_addresses(int day);

  const World& world_;
  Chance chance_;
  const City* home_;
  const Network* home_network_;
  const Network* carrier_;
  const Network* office_;    // null: works at home
  bool far_egress_ = false;  // the office's traffic leaves in another country
  signals::NetworkFacts home_address_;
  signals::NetworkFacts office_address_;
  int renew_on_ = 0;
  bool has_laptop_;
  bool tells_place_;
  bool uses_vpn_;
  signals::CountryCode vpn_country_;
  signals::CountryCode locale_;
  std::uint64_t phone_ = 1;
  std::uint64_t laptop_ = 2;
  std::uint64_t next_device_ = 3;
  int new_phone_on_;
  std::vector<Trip> trips_;
};

}  // namespace conclave::geo_eval
