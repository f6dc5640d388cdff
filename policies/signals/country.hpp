#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace conclave::signals {

// An ISO 3166-1 alpha-2 code; two zero characters mean "not known".
struct CountryCode {
  char first = 0;
  char second = 0;

  // Upper or lower case letters; anything else is "not known".
  [[nodiscard]] static CountryCode of(std::string_view text);
  // What number() gave; anything else is "not known".
  [[nodiscard]] static CountryCode of_number(std::uint32_t number);
  [[nodiscard]] bool known() const { return first != 0; }
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::uint32_t number() const;  // 0 when not known; fits in 16 bits

  friend auto operator<=>(const CountryCode&, const CountryCode&) = default;
};

// What is known of a country without any database of addresses.
struct CountryRow {
  char code[3];
  float latitude;
  float longitude;
  std::uint16_t radius_km;  // around the middle; covers most of the people
  std::int8_t least_offset_quarters;
  std::int8_t most_offset_quarters;
};

[[nodiscard]] std::span<const CountryRow> country_rows();
// nullptr for an unknown code.
[[nodiscard]] const CountryRow* find_country(CountryCode code);

}  // namespace conclave::signals
