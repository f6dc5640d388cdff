#include "policies/document/origins.hpp"

#include <algorithm>
#include <charconv>

namespace conclave::policy {
namespace {

std::optional<std::uint32_t> system_of(std::string_view text) {
  if (!text.starts_with("AS")) return std::nullopt;
  std::uint32_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data() + 2, end, number);
  if (failed != std::errc{} || stopped != end || number == 0) return std::nullopt;
  return number;
}

template <class Item>
void tidy(std::vector<Item>& list) {
  std::ranges::sort(list);
  const auto repeated = std::ranges::unique(list);
  list.erase(repeated.begin(), repeated.end());
}

}  // namespace

bool Origins::is_origin(std::string_view text) {
  return system_of(text).has_value() || network::Prefix::parse(text, true).has_value();
}

Origins Origins::of(const std::vector<std::string>& texts) {
  Origins out;
  for (const auto& text : texts) {
    if (const auto number = system_of(text))
      out.systems_.push_back(*number);
    else if (const auto prefix = network::Prefix::parse(text, true))
      out.networks_.push_back(*prefix);
  }
  tidy(out.networks_);
  tidy(out.systems_);
  for (const auto& prefix : out.networks_) out.lengths_.push_back(prefix.length);
  tidy(out.lengths_);
  return out;
}

bool Origins::hold(const std::optional<network::Address>& address, std::uint32_t as_number) const {
  if (as_number != 0 && std::ranges::binary_search(systems_, as_number)) return true;
  if (!address) return false;
  return std::ranges::any_of(lengths_, [&](std::uint8_t length) {
    const network::Prefix around{network::masked(*address, length), length};
    return std::ranges::binary_search(networks_, around);
  });
}

std::vector<std::string> Origins::texts() const {
  std::vector<std::string> out;
  for (const auto& prefix : networks_) out.push_back(prefix.text());
  for (const auto number : systems_) out.push_back("AS" + std::to_string(number));
  return out;
}

}  // namespace conclave::policy
