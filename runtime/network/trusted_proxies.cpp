#include "runtime/network/trusted_proxies.hpp"

#include <algorithm>
#include <optional>
#include <ranges>

#include "runtime/network/errors.hpp"

namespace conclave::network {
namespace {

// "192.0.2.1", "192.0.2.1:1234", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:1234".
std::optional<Address> hop_address(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    return Address::parse(text.substr(1, close - 1));
  }
  if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
  return Address::parse(text);
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(std::span<const std::string> texts) {
  std::vector<Prefix> networks;
  for (const std::string& text : texts) {
    const auto network = Prefix::parse(text);
    if (!network) return fail(kListRefused, "\"" + text + "\" is no address or network");
    networks.push_back(*network);
  }
  return TrustedProxies(std::move(networks));
}

bool TrustedProxies::holds(const Address& address) const {
  return std::ranges::any_of(networks_,
                             [&](const Prefix& network) { return network.contains(address); });
}

Address TrustedProxies::client_of(const Address& peer,
                                  std::span<const std::string_view> forwarded_for) const {
  Address client = peer;
  for (std::string_view line : forwarded_for | std::views::reverse) {
    for (;;) {
      if (!holds(client)) return client;
      const std::size_t comma = line.rfind(',');
      const auto hop = hop_address(comma == std::string_view::npos ? line : line.substr(comma + 1));
      if (!hop) return client;
      client = *hop;
      if (comma == std::string_view::npos) break;
      line = line.substr(0, comma);
    }
  }
  return client;
}

}  // namespace conclave::network
