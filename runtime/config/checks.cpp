#include "runtime/config/checks.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <set>
#include <string>

namespace conclave::config {
namespace {

class Checker {
 public:
  Checker(const Lines& lines, Problems& problems) : lines_(lines), problems_(problems) {}

  void hold(bool holds, const std::string& key, std::string text) {
    if (holds) return;
    const auto found = lines_.find(key);
    problems_.push_back({found == lines_.end() ? 0 : found->second, key, std::move(text)});
  }

 private:
  const Lines& lines_;
  Problems& problems_;
};

bool is_ip(const std::string& text) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

bool is_loopback(const std::string& text) {
  return text.starts_with("127.") || text == "::1";
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253 || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

void check_listen(const Config& config, Checker& check) {
  check.hold(!config.listen.empty(), "listen", "at least one [[listen]] table is needed");
  std::set<std::pair<std::string, std::uint16_t>> seen;
  for (std::size_t i = 0; i < config.listen.size(); ++i) {
    const auto& entry = config.listen[i];
    const auto key = "listen[" + std::to_string(i) + "].";
    check.hold(is_ip(entry.address), key + "address",
               "\"" + entry.address + "\" is no IPv4 or IPv6 address");
    check.hold(entry.tls || is_loopback(entry.address), key + "tls",
               "without TLS only a loopback address (127.0.0.1 or ::1) is allowed");
    check.hold(entry.tls || !entry.client_certificates, key + "client_certificates",
               "certificates are asked for in TLS handshakes; this listener has tls = false");
    check.hold(entry.port == 0 || seen.emplace(entry.address, entry.port).second, key + "port",
               "this address and port stand here twice");
  }
}

}  // namespace

void check_together(const Config& config, const Lines& lines, Problems& problems) {
  Checker check(lines, problems);
  check_listen(config, check);
  check.hold(is_host_name(config.server.provider_domain), "server.provider_domain",
             "a domain name in lower case is needed, such as \"provider.local\"");
  for (const auto& name : config.tls.names)
    check.hold(is_ip(name) || is_host_name(name), "tls.names",
               "\"" + name + "\" is neither a host name in lower case nor an IP address");
  check.hold(config.limits.ping_after_ms < config.limits.idle_ms, "limits.ping_after_ms",
             "must be less than limits.idle_ms (" + std::to_string(config.limits.idle_ms) + ")");
  check.hold(
      config.limits.body_bytes < config.limits.frame_bytes, "limits.body_bytes",
      "must be less than limits.frame_bytes (" + std::to_string(config.limits.frame_bytes) + ")");
  check.hold(
      config.limits.connections_per_address <= config.limits.connections,
      "limits.connections_per_address",
      "must not exceed limits.connections (" + std::to_string(config.limits.connections) + ")");
  const auto& place = config.location.server_place;
  check.hold(place.empty() || parse_coordinates(place), "location.server_place",
             "latitude and longitude in degrees are needed, such as \"50.11, 8.68\"");
  check.hold(!config.keyd.module.empty(), "keyd.module", "the path of a PKCS#11 module is needed");
}

}  // namespace conclave::config
