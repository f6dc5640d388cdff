#include <algorithm>
#include <cmath>

#include "runtime/whereabouts/errors.hpp"
#include "runtime/whereabouts/kept.hpp"

// The bytes of what is kept: they go through keyd's seal and back, hence nobody else writes them;
// a decoder accepts exactly what the encoder makes all the same.
namespace conclave::whereabouts {
namespace {

using base::ByteReader;
using base::ByteWriter;
using signals::CountryCode;
using signals::DeviceFix;
using signals::NetworkFacts;
using signals::Place;
using signals::Sighting;
using signals::Traits;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMostHabitBytes = 1024;
constexpr double kMicrodegrees = 1e6;  // 11 cm
constexpr double kMetresPerKm = 1e3;

constexpr std::uint8_t kHasPlace = 1, kHasFix = 2, kAttended = 4, kHasOffset = 8;

std::int32_t rounded(double value) {
  return static_cast<std::int32_t>(std::lround(value));
}

void write(ByteWriter& out, const Place& place) {
  out.u32(static_cast<std::uint32_t>(rounded(place.middle.latitude * kMicrodegrees)));
  out.u32(static_cast<std::uint32_t>(rounded(place.middle.longitude * kMicrodegrees)));
  out.u32(static_cast<std::uint32_t>(rounded(place.radius_km * kMetresPerKm)));
}

bool read(ByteReader& in, Place& place) {
  place.middle.latitude = static_cast<std::int32_t>(in.u32()) / kMicrodegrees;
  place.middle.longitude = static_cast<std::int32_t>(in.u32()) / kMicrodegrees;
  place.radius_km = in.u32() / kMetresPerKm;
  return in.ok() && signals::is_valid(place.middle);
}

void write(ByteWriter& out, const NetworkFacts& network) {
  out.u16(static_cast<std::uint16_t>(network.country.number()));
  out.u32(network.as_number).u16(network.traits.bits());
  if (network.place) write(out, *network.place);
}

bool read(ByteReader& in, bool has_place, NetworkFacts& network) {
  network.country = CountryCode::of_number(in.u16());
  network.as_number = in.u32();
  network.traits = Traits::from_bits(in.u16());
  if (has_place && !read(in, network.place.emplace())) return false;
  return in.ok();
}

void write(ByteWriter& out, const Sighting& sighting) {
  std::uint8_t flags = 0;
  if (sighting.network.place) flags |= kHasPlace;
  if (sighting.fix) flags |= kHasFix;
  if (sighting.attended) flags |= kAttended;
  out.u8(flags).u8(static_cast<std::uint8_t>(sighting.access));
  out.u64(sighting.device.value).i64(sighting.at_s);
  write(out, sighting.network);
  if (!sighting.fix) return;
  write(out, sighting.fix->place);
  out.i64(sighting.fix->age_s);
}

bool read(ByteReader& in, Sighting& sighting) {
  const std::uint8_t flags = in.u8();
  const std::uint8_t access = in.u8();
  if (access > static_cast<std::uint8_t>(signals::AccessType::satellite)) return false;
  sighting.access = static_cast<signals::AccessType>(access);
  sighting.attended = (flags & kAttended) != 0;
  sighting.device = DeviceId{in.u64()};
  sighting.at_s = in.i64();
  if (!read(in, (flags & kHasPlace) != 0, sighting.network)) return false;
  if ((flags & kHasFix) != 0) {
    DeviceFix& fix = sighting.fix.emplace();
    if (!read(in, fix.place)) return false;
    fix.age_s = in.i64();
  }
  return in.ok();
}

}  // namespace

Bytes Kept::encode() const {
  ByteWriter out(512);
  out.u8(kVersion).run(habit_.encode());
  out.u8(static_cast<std::uint8_t>(known_from_s_.size()));
  for (const auto& [device, from_s] : known_from_s_) out.u64(device.value).i64(from_s);
  out.u8(static_cast<std::uint8_t>(sightings_.size()));
  for (const Sighting& sighting : sightings_) write(out, sighting);
  out.u8(static_cast<std::uint8_t>(doubtful_.size()));
  for (const Doubtful& each : doubtful_) {
    std::uint8_t flags = 0;
    if (each.network.place) flags |= kHasPlace;
    if (each.utc_offset_minutes) flags |= kHasOffset;
    out.u8(flags).i64(each.at_s);
    write(out, each.network);
    if (each.utc_offset_minutes) out.u32(static_cast<std::uint32_t>(*each.utc_offset_minutes));
  }
  return out.take();
}

Result<Kept> Kept::decode(ByteView bytes) {
  ByteReader in(bytes);
  Kept out;
  if (in.u8() != kVersion || !in.ok()) return fail(kKeptMalformed, "version");
  auto habit = signals::HabitProfile::decode(in.run(kMostHabitBytes));
  if (!habit) return std::unexpected(std::move(habit).error());
  out.habit_ = *std::move(habit);
  const std::size_t devices = in.u8();
  if (devices > kMostDevices) return fail(kKeptMalformed, "devices");
  for (std::size_t i = 0; i < devices; ++i) {
    const DeviceId device{in.u64()};
    const std::int64_t from_s = in.i64();
    if (!in.ok() || !out.known_from_s_.emplace(device, from_s).second)
      return fail(kKeptMalformed, "a device");
  }
  const std::size_t sightings = in.u8();
  if (sightings > 2 * kMostDevices) return fail(kKeptMalformed, "sightings");
  for (std::size_t i = 0; i < sightings; ++i) {
    if (!read(in, out.sightings_.emplace_back())) return fail(kKeptMalformed, "a sighting");
  }
  const std::size_t doubtful = in.u8();
  if (doubtful > kMostDoubtful) return fail(kKeptMalformed, "doubtful");
  for (std::size_t i = 0; i < doubtful; ++i) {
    Doubtful& each = out.doubtful_.emplace_back();
    const std::uint8_t flags = in.u8();
    each.at_s = in.i64();
    if (!read(in, (flags & kHasPlace) != 0, each.network)) return fail(kKeptMalformed, "doubtful");
    if ((flags & kHasOffset) != 0) each.utc_offset_minutes = static_cast<std::int32_t>(in.u32());
  }
  if (!in.done()) return fail(kKeptMalformed, "bytes beyond the end");
  // Order, unknown flags, letters that are no country: nothing that the encoder would not write.
  if (!std::ranges::equal(out.encode(), bytes)) return fail(kKeptMalformed, "form");
  return out;
}

}  // namespace conclave::whereabouts
