#include "runtime/config/schema.hpp"

#include "runtime/config/key_builder.hpp"
#include "runtime/network/address.hpp"

namespace conclave::config {
namespace {

std::vector<Key<Config>> make_keys() {
  std::vector<Key<Config>> list;
  add_general_keys(list);
  add_limit_keys(list);
  add_location_keys(list);
  return list;
}

bool is_network(std::string_view text) {
  return network::Prefix::parse(text).has_value();
}

schema::Rule networks() {
  return TextListRule{64, 0, {}, is_network, "addresses or networks (\"192.0.2.0/24\")"};
}

std::vector<Key<Listen>> make_listen_keys() {
  return {
      plain<&Listen::address, Listen>("address", "", TextRule{2, 45, {}},
                                      "IPv4 or IPv6 address; 0.0.0.0 or :: for all."),
      plain<&Listen::port, Listen>("port", "", IntegerRule{0, 65'535},
                                   "TCP port; 0: any free one, written to STATE/run/ports.json."),
      plain<&Listen::tls, Listen>("tls", "", BooleanRule{},
                                  "false: plain HTTP and WebSocket, on a loopback address only."),
      plain<&Listen::proxy_protocol_from, Listen>(
          "proxy_protocol_from", "", networks(),
          "Load balancers whose connections begin with the PROXY protocol, version 2; the address "
          "in it is the client's, and a connection of theirs without it is closed. Empty: off."),
      plain<&Listen::proxy_strangers, Listen>(
          "proxy_strangers", "", BooleanRule{},
          "Whether others than proxy_protocol_from are served here, under their own address; "
          "false: their connections are closed."),
      plain<&Listen::forwarded_for_from, Listen>(
          "forwarded_for_from", "", networks(),
          "HTTP proxies whose X-Forwarded-For names the client; limits of connections still count "
          "the proxy, so prefer the PROXY protocol. Empty: the header is ignored."),
      plain<&Listen::client_certificates, Listen>(
          "client_certificates", "", BooleanRule{},
          "Whether clients are asked for a TLS certificate, for tenants whose policy has "
          "network.certificate_proof; nobody has to have one, but browsers show a dialog, and TLS "
          "sessions are not resumed here."),
  };
}

}  // namespace

std::span<const Section> sections() {
  static constexpr Section kSections[] = {
      {"", "Of the installation"},
      {"server", "Who this server is"},
      {"listen", "Where it listens; repeat the table for more addresses"},
      {"tls", "Its certificate; the private key stays in the token"},
      {"keyd", "The key process and its token"},
      {"sign_in", "Sign-in"},
      {"password", "Passwords"},
      {"policy", "Policies of tenants; each tenant sets its own, see docs/policy.md"},
      {"location", "What addresses are looked up in; none of it is needed"},
      {"limits", "Limits"},
      {"threads", "Threads"},
      {"store", "The store"},
      {"log", "Logs go to standard error, one JSON object a line"},
  };
  return kSections;
}

std::span<const Key<Config>> keys() {
  static const std::vector<Key<Config>> list = make_keys();
  return list;
}

std::span<const Key<Listen>> listen_keys() {
  static const std::vector<Key<Listen>> list = make_listen_keys();
  return list;
}

}  // namespace conclave::config
