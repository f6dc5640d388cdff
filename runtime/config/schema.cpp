#include "runtime/config/schema.hpp"

#include "runtime/config/key_builder.hpp"

namespace conclave::config {
namespace {

std::vector<Key<Config>> make_keys() {
  std::vector<Key<Config>> list;
  add_general_keys(list);
  add_limit_keys(list);
  return list;
}

std::vector<Key<Listen>> make_listen_keys() {
  return {
      plain<&Listen::address, Listen>("address", "", TextRule{2, 45, {}},
                                      "IPv4 or IPv6 address; 0.0.0.0 or :: for all."),
      plain<&Listen::port, Listen>("port", "", IntegerRule{0, 65'535},
                                   "TCP port; 0: any free one, written to STATE/run/ports.json."),
      plain<&Listen::tls, Listen>("tls", "", BooleanRule{},
                                  "false: plain HTTP and WebSocket, on a loopback address only."),
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
