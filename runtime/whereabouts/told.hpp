#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policies/signals/geometry.hpp"
#include "runtime/base/error.hpp"

// The text forms in which devices tell things.
namespace conclave::whereabouts {

// "geo:48.2010,16.3695;u=30" (RFC 5870): WGS-84 degrees, `u` the uncertainty in metres (30 m when
// it is left out, 1,000 km at most). Altitude and other parameters are passed over.
// kPositionInvalid.
[[nodiscard]] Result<signals::Place> parse_geo_uri(std::string_view text);
// With three decimals, which is 110 m, unless `exact` (six).
[[nodiscard]] std::string geo_uri(const signals::Place& place, bool exact);

// "+02:00", "-03:30" or "Z" (RFC 3339, time-offset), in minutes; nullopt for anything else.
[[nodiscard]] std::optional<std::int32_t> parse_utc_offset(std::string_view text);

// The region of a language tag: "de-AT" gives "AT", "zh-Hant-TW" gives "TW"; empty without one (RFC
// 5646, 2.2.4).
[[nodiscard]] std::string region_of(std::string_view language_tag);

}  // namespace conclave::whereabouts
