#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "runtime/base/bytes.hpp"
#include "runtime/whereabouts/kept.hpp"
#include "runtime/whereabouts/told.hpp"

namespace whereabouts = conclave::whereabouts;

// A position that is taken is one on the Earth, and written again it is the same one; an offset is
// of this day; what is read as kept encodes to the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = conclave::base::as_text({data, size});
  if (const auto place = whereabouts::parse_geo_uri(text)) {
    if (!conclave::signals::is_valid(place->middle) || !(place->radius_km >= 0)) std::abort();
    const auto again = whereabouts::parse_geo_uri(whereabouts::geo_uri(*place, true));
    if (!again) std::abort();
    constexpr double kRounding = 1e-6;
    if (std::abs(again->middle.latitude - place->middle.latitude) > kRounding) std::abort();
    if (std::abs(again->middle.longitude - place->middle.longitude) > kRounding) std::abort();
  }
  const auto offset = whereabouts::parse_utc_offset(text);
  if (offset && std::abs(*offset) > 24 * 60) std::abort();
  const auto region = whereabouts::region_of(text);
  if (!region.empty() && region.size() != 2) std::abort();
  if (const auto kept = whereabouts::Kept::decode({data, size})) {
    if (kept->encode() != conclave::Bytes(data, data + size)) std::abort();
  }
  return 0;
}
