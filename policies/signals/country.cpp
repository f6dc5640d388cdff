#include "policies/signals/country.hpp"

#include <algorithm>

namespace conclave::signals {
namespace {

char upper_letter(char c) {
  if (c >= 'A' && c <= 'Z') return c;
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : '\0';
}

}  // namespace

CountryCode CountryCode::of(std::string_view text) {
  if (text.size() != 2) return {};
  const CountryCode code{upper_letter(text[0]), upper_letter(text[1])};
  return code.first != 0 && code.second != 0 ? code : CountryCode{};
}

CountryCode CountryCode::of_number(std::uint32_t number) {
  const char text[] = {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
  return number > 0xffff ? CountryCode{} : of({text, sizeof text});
}

std::string CountryCode::text() const {
  return known() ? std::string{first, second} : std::string();
}

std::uint32_t CountryCode::number() const {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(first)) << 8 |
         static_cast<unsigned char>(second);
}

const CountryRow* find_country(CountryCode code) {
  const auto rows = country_rows();
  const auto found = std::ranges::lower_bound(rows, code, {}, [](const CountryRow& row) {
    return CountryCode{row.code[0], row.code[1]};
  });
  const bool hit = found != rows.end() && CountryCode{found->code[0], found->code[1]} == code;
  return hit ? &*found : nullptr;
}

}  // namespace conclave::signals
