#include <algorithm>

#include "policies/signals/signals.hpp"

namespace conclave::signals {
namespace {

using enum FindingKind;

// Lists are copied from others and age: an address may have changed hands.
constexpr double kListed = 0.9;
// Of a person who uses relays all the time, on a known device, one more says little.
constexpr double kHabitual = 0.85;

double habit_left(const Look& look) {
  if (!look.evidence.known_device) return 1;
  return 1 - kHabitual * look.habit.relays(look.evidence.here.at_s);
}

bool slow_by_nature(const Evidence& evidence) {
  return evidence.here.access == AccessType::satellite ||
         evidence.here.network.traits.has(Trait::satellite);
}

void listed(const Look& look) {
  const NetworkFacts& network = look.evidence.here.network;
  struct List {
    Trait trait;
    FindingKind kind;
  };
  constexpr List kLists[] = {{Trait::vpn, listed_vpn},
                             {Trait::proxy, listed_proxy},
                             {Trait::tor, tor_exit},
                             {Trait::hosting, hosting_network}};
  for (const List& list : kLists) {
    if (!network.traits.has(list.trait)) continue;
    if (Finding* finding = look.add(list.kind, kListed * habit_left(look))) {
      finding->add("as_number", network.as_number);
      finding->add("country", network.country);
    }
  }
}

// What tunnels leave of an Ethernet packet of 1500 bytes.
struct Overhead {
  std::uint32_t mtu;
  double confidence;
};
constexpr Overhead kOverheads[] = {
    {1280, 0.9},  // Cloudflare WARP, Tailscale; the least of IPv6
    {1320, 0.8},  // WireGuard of several vendors
    {1380, 0.7},  // OpenVPN and IPsec with their usual clamps: MSS 1340
    {1397, 0.7},  // OpenVPN over UDP, AES-GCM, mssfix 1450: MSS 1357
    {1400, 0.6},  // L2TP over IPsec, GRE over IPsec: MSS 1360
    {1412, 0.9},  // WireGuard over PPPoE
    {1420, 0.9},  // WireGuard, 80 bytes: MSS 1380
    {1432, 0.8},  // WireGuard over PPPoE and IPv4
    {1438, 0.7},  // IPsec ESP tunnel with AES-GCM
    {1440, 0.8},  // WireGuard over IPv4 only, 60 bytes
    {1476, 0.6},  // GRE, 24 bytes
    {1480, 0.4},  // IP in IP and 6in4, 20 bytes; some DSL as well
};

double tunnel_confidence(std::uint32_t mtu) {
  constexpr std::uint32_t kPlain = 1484;  // 1492 is PPPoE: nothing is hidden behind it
  constexpr std::uint32_t kLeastIpv6 = 1280;
  if (mtu == 0 || mtu >= kPlain) return 0;
  for (const Overhead& overhead : kOverheads) {
    if (overhead.mtu == mtu) return overhead.confidence;
  }
  return mtu < kLeastIpv6 ? 0.7 : 0.25;
}

void tunnel(const Look& look) {
  // Radio networks carry packets in tunnels of their own (GTP) and clamp at 1340 to 1430.
  constexpr double kRadio = 0.2;
  const std::uint32_t mtu = look.evidence.path.mtu;
  double confidence = tunnel_confidence(mtu) * habit_left(look);
  if (look.evidence.here.on_radio()) confidence *= kRadio;
  if (look.evidence.here.network.traits.any({Trait::tenant_egress, Trait::allowed})) return;
  if (Finding* finding = look.add(tunnel_mtu, confidence)) finding->add("mtu", mtu);
}

// A relay near its claimed place with the person far behind it.
void too_long(const Look& look) {
  const Evidence& evidence = look.evidence;
  const auto& place = evidence.here.network.place;
  const double measured = evidence.path.tcp_round_trip_ms;
  if (!evidence.server || !place || measured <= 0 || slow_by_nature(evidence)) return;
  // Four times 35,786 km: a geostationary satellite, which no list knows. No cable is as long.
  constexpr double kGeostationaryMs = 477;
  if (measured >= kGeostationaryMs) return;
  // Access networks add 5 to 40 ms; real cables are half as long again as the great circle.
  constexpr double kAccessMs = 60;
  constexpr double kDetour = 2;
  constexpr double kRadioMs = 50;
  constexpr double kSureMs = 150;
  const double away = distance_km(place->middle, *evidence.server) + place->radius_km;
  const double typical =
      kAccessMs + kDetour * least_round_trip_ms(away) + (evidence.here.on_radio() ? kRadioMs : 0);
  const double confidence = (measured - typical) / kSureMs * habit_left(look);
  if (Finding* finding = look.add(round_trip_too_long, confidence)) {
    finding->add("round_trip_ms", measured);
    finding->add("typical_ms", typical);
  }
}

// TCP ends at a proxy, the program behind it answers later. Both are the least of several.
void split(const Look& look) {
  const PathFacts& path = look.evidence.path;
  if (path.tcp_round_trip_ms <= 0 || path.application_round_trip_ms <= 0) return;
  if (slow_by_nature(look.evidence)) return;  // satellites' own accelerators split TCP
  // A client's program may answer late, on a radio later still.
  constexpr double kAnswerMs = 20;
  constexpr double kRadioMs = 40;
  constexpr double kSureMs = 60;
  const double allowed = kAnswerMs + (look.evidence.here.on_radio() ? kRadioMs : 0);
  const double gap = path.application_round_trip_ms - path.tcp_round_trip_ms - allowed;
  if (Finding* finding = look.add(split_round_trip, gap / kSureMs * habit_left(look))) {
    finding->add("tcp_ms", path.tcp_round_trip_ms);
    finding->add("application_ms", path.application_round_trip_ms);
  }
}

}  // namespace

void look_at_relays(const Look& look) {
  listed(look);
  tunnel(look);
  too_long(look);
  split(look);
}

}  // namespace conclave::signals
