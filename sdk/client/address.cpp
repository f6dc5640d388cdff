#include "sdk/client/address.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

std::string Address::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return fail(kBadAddress, "`" + std::string(text) + "` is not a URL");
  Address out;
  const std::string scheme(parsed->scheme());
  if (scheme == "wss" || scheme == "https") {
    out.tls = true;
  } else if (scheme == "ws" || scheme == "http") {
    out.tls = false;
    out.port = 80;
  } else {
    return fail(kBadAddress, "scheme `" + scheme + "` is not wss");
  }
  out.host = parsed->host_address();
  if (out.host.empty()) return fail(kBadAddress, "the host is missing");
  if (!out.tls && !is_loopback(out.host)) {
    return fail(kBadAddress, "ws:// would send passwords in the clear to " + out.host);
  }
  if (parsed->has_port()) {
    const std::string port(parsed->port());
    const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (bad != std::errc{} || end != port.data() + port.size() || out.port == 0) {
      return fail(kBadAddress, "the port is not a number from 1 to 65535");
    }
  }
  const std::string path(parsed->path());
  if (!path.empty() && path != "/") out.path = path;
  return out;
}

}  // namespace conclave::client
