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

std::string allowed_text(const Rule& rule) {
  struct Say {
    std::string operator()(const IntegerRule& integer) const {
      return "an integer from " + std::to_string(integer.least) + " to " +
             std::to_string(integer.most);
    }
    std::string operator()(const TextRule& text) const {
      if (text.allowed.empty())
        return "a text of " + std::to_string(text.least_length) + " to " +
               std::to_string(text.most_length) + " bytes";
      std::string list = "one of";
      for (auto word : text.allowed) list += " \"" + std::string(word) + "\"";
      return list;
    }
    std::string operator()(const BooleanRule&) const { return "true or false"; }
    std::string operator()(const PathRule&) const { return "a path in quotes"; }
    std::string operator()(const TextListRule& list) const {
      return "a list of 1 to " + std::to_string(list.most) + " texts";
    }
  };
  return std::visit(Say{}, rule);
}

}  // namespace conclave::config
