#pragma once

#include <array>
#include <string_view>

#include "tests/load/geo_eval/person.hpp"

namespace conclave::geo_eval {

enum class Theft : std::uint8_t {
  abroad,
  abroad_hosting,
  vpn_at_home,
  proxy_same_country,
  proxy_same_town,
  tor,
  copied_session_abroad,
  copied_session_vpn,
  neighbour_other_network,
  neighbour_same_network,
};

struct TheftRow {
  Theft kind;
  double share;  // of all thefts; an assumption, README.md says why
  std::string_view text;
};
inline constexpr std::array<TheftRow, 10> kThefts{{
    {Theft::abroad, 0.27, "password, new device, from abroad"},
    {Theft::abroad_hosting, 0.10, "password, a data centre abroad"},
    {Theft::vpn_at_home, 0.17, "password, VPN exit in the victim's country"},
    {Theft::proxy_same_country, 0.14, "password, residential proxy in the country"},
    {Theft::proxy_same_town, 0.08, "password, residential proxy in the town"},
    {Theft::tor, 0.04, "password, Tor"},
    {Theft::copied_session_abroad, 0.09, "copied device key, from abroad"},
    {Theft::copied_session_vpn, 0.06, "copied device key, VPN in the country"},
    {Theft::neighbour_other_network, 0.03, "password, neighbour on another network"},
    {Theft::neighbour_same_network, 0.02, "password, neighbour on the same network"},
}};

// One thief: a place, a way in, and a device for all connections.
class Thief {
 public:
  Thief(const World& world, const Person& victim, Theft kind, Chance& chance);
  // Whether the device is known is the server's to say.
  [[nodiscard]] signals::Evidence connect(std::int64_t at_s, Chance& chance) const;

 private:
  const World& world_;
  const Person& victim_;
  Theft kind_;
  const City* city_;
  Journey way_;
  bool hides_clock_;
};

}  // namespace conclave::geo_eval
