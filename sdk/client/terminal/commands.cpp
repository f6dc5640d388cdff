#include "sdk/client/terminal/commands.hpp"

#include <poll.h>

#include <boost/json/array.hpp>
#include <cstdio>

#include "runtime/base/clock.hpp"
#include "sdk/client/errors.hpp"
#include "sdk/client/terminal/output.hpp"
#include "sdk/client/terminal/password.hpp"
#include "sdk/client/terminal/proof.hpp"

namespace conclave::client::terminal {
namespace {

constexpr std::int64_t kConnectTimeout_ms = 20'000;
constexpr std::int64_t kSendTimeout_ms = 20'000;
constexpr std::int64_t kRoomsPage = 200;

std::string reactions_text(const json::object& entry) {
  std::string out;
  for (const auto& value : array_at(entry, "reactions")) {
    const auto& reaction = value.as_object();
    out += "  " + printable(string_at(reaction, "emoji")) + " " +
           std::to_string(number_at(reaction, "count"));
  }
  return out;
}

std::string message_text(const json::object& entry, const json::object& body) {
  if (entry.contains("redacted")) return "(removed)";
  std::string out;
  if (const auto reply = number_at(body, "reply_to"); reply > 0) {
    out += "(re " + std::to_string(reply) + ") ";
  }
  out += printable(string_at(body, "text"));
  if (entry.contains("edited")) out += " (edited)";
  return out + reactions_text(entry);
}

std::string act_text(const std::string& kind, const json::object& entry, const json::object& body,
                     Directory& names) {
  const std::string target = std::to_string(number_at(entry, "target"));
  if (kind == "edit") return "changed " + target + ": " + printable(string_at(body, "text"));
  if (kind == "redaction") return "removed " + target + " " + printable(string_at(body, "reason"));
  if (kind == "reaction")
    return "reacted to " + target + ": " + printable(string_at(body, "emoji"));
  if (kind == "unreaction")
    return "took back " + printable(string_at(body, "emoji")) + " on " + target;
  if (kind == "pin") return "pinned " + target;
  if (kind == "unpin") return "unpinned " + target;
  if (kind == "profile") return "named the room " + printable(string_at(body, "name"));
  if (kind == "membership") {
    return printable(names.user_name(string_at(body, "user"))) + ": " + string_at(body, "state") +
           " (" + string_at(body, "role") + ")";
  }
  return kind;
}

Result<void> print_pages(Client& client, Directory& names, const Request& request) {
  json::object params{{"limit", kRoomsPage}};
  std::vector<std::vector<std::string>> table{{"ROOM", "NAME", "UNREAD", "MEMBERS", "STATE"}};
  for (;;) {
    auto page = client.call("room.list", params).get();
    if (!page) return std::unexpected(std::move(page).error());
    for (const auto& value : array_at(*page, "rooms")) {
      const auto& room = value.as_object();
      if (request.as_json) {
        print_json(room);
        continue;
      }
      const std::string id = string_at(room, "room");
      table.push_back({id, printable(names.room_name(id)),
                       std::to_string(number_at(room, "unread")),
                       std::to_string(number_at(room, "members")), string_at(room, "state")});
    }
    const std::string next = string_at(*page, "next");
    if (next.empty()) break;
    params["after"] = next;
  }
  if (!request.as_json) print_table(table);
  return {};
}

// Waits until the server has the message on disk, and prints its number in the room, or refuses
// it. A message that was not acknowledged
// in time stays in the home folder and goes out with the next command.
Result<void> wait_sent(Inbox& inbox, std::int64_t client_id, bool as_json) {
  const auto end = base::system_clock().monotonic_ms() + kSendTimeout_ms;
  for (;;) {
    for (auto& item : inbox.take()) {
      auto* sent = std::get_if<Sent>(&item);
      if (sent == nullptr || sent->client_id != client_id) continue;
      if (!sent->answer) return std::unexpected(std::move(sent->answer).error());
      if (as_json) {
        print_json(*sent->answer);
      } else {
        std::printf("%lld\n", static_cast<long long>(number_at(*sent->answer, "seq")));
      }
      return {};
    }
    const auto rest = end - base::system_clock().monotonic_ms();
    if (rest <= 0) return fail(kCallTimeout, "it is kept and goes out with the next command");
    pollfd waiting{inbox.wake_fd(), POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(rest));
  }
}

}  // namespace

Result<std::unique_ptr<Client>> connected(const Request& request, Listener& listener,
                                          bool catch_up) {
  Options options;
  options.home = request.home;
  options.certificate_file = request.certificate_file;
  options.server = request.server;
  options.catch_up = catch_up;
  auto client = Client::open(std::move(options), listener);
  if (!client) return client;
  if (auto started = (*client)->start(); !started) return std::unexpected(started.error());
  auto online = (*client)->wait_online(kConnectTimeout_ms, false);
  if (!online && online.error().reason() == "sign_in.step_up") {
    auto proven = prove_more(**client, request, online.error());
    if (!proven) return std::unexpected(std::move(proven).error());
    online = (*client)->wait_online(kConnectTimeout_ms, false);
  }
  if (!online) {
    print_reasons(online.error());
    return std::unexpected(std::move(online).error());
  }
  return client;
}

std::string entry_text(const json::object& entry, Directory& names) {
  const std::string kind = string_at(entry, "kind");
  const auto* found = entry.if_contains("body");
  const json::object empty;
  const json::object& body = found != nullptr && found->is_object() ? found->as_object() : empty;
  const std::string who = printable(names.user_name(string_at(entry, "author")));
  std::string out = "[" + std::to_string(number_at(entry, "seq")) + "] " +
                    time_text(number_at(entry, "ts_ms")) + "  ";
  if (kind == "message") return out + who + ": " + message_text(entry, body);
  return out + "* " + who + " " + act_text(kind, entry, body, names);
}

Result<void> sign_in(const Request& request) {
  Listener quiet;
  Options options;
  options.home = request.home;
  options.server = request.server;
  options.ca_file = request.ca_file;
  options.certificate_file = request.certificate_file;
  options.hardware_id = request.hardware_id;
  options.service_id = request.service_id;
  auto client = Client::open(std::move(options), quiet);
  if (!client) return std::unexpected(std::move(client).error());
  if (auto known = (*client)->identity()) return fail(kAlreadyEnrolled, known->account);
  auto password = read_password("Password of " + request.account + ": ");
  if (!password) return std::unexpected(std::move(password).error());
  auto done = (*client)->enrol(request.account, std::move(*password), request.device_name);
  if (!done && done.error().reason() == "sign_in.step_up") {
    auto proven = prove_more(**client, request, done.error());
    if (!proven) return std::unexpected(std::move(proven).error());
    done = *(*client)->identity();
  }
  if (!done) {
    print_reasons(done.error());
    return std::unexpected(std::move(done).error());
  }
  if (request.as_json) {
    print_json({{"account", done->account},
                {"user", base::to_text(done->user)},
                {"tenant", base::to_text(done->tenant)},
                {"device", base::to_text(done->device)}});
    return {};
  }
  std::printf(
      "%s is signed in on this device (%s).\nIts key is in %s; keep that folder private.\n"
      "Next: conclave rooms, conclave chat ROOM\n",
      done->account.c_str(), base::to_text(done->device).c_str(), request.home.c_str());
  return {};
}

Result<void> rooms(const Request& request) {
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  Directory names(**client);
  return print_pages(**client, names, request);
}

Result<void> history(const Request& request) {
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  Directory names(**client);
  auto room = names.room(request.room);
  if (!room) return std::unexpected(std::move(room).error());
  json::object params{{"room", string_at(*room, "room")}, {"limit", request.limit}};
  if (request.before > 0) params["before"] = request.before;
  auto page = (*client)->call("message.history", params).get();
  if (!page) return std::unexpected(std::move(page).error());
  for (const auto& value : array_at(*page, "entries")) {
    const auto& entry = value.as_object();
    if (request.as_json) {
      print_json(entry);
    } else {
      std::puts(entry_text(entry, names).c_str());
    }
  }
  return {};
}

Result<void> send(const Request& request) {
  Inbox inbox;
  auto client = connected(request, inbox, false);
  if (!client) return std::unexpected(std::move(client).error());
  Directory names(**client);
  auto room = names.room(request.room);
  if (!room) return std::unexpected(std::move(room).error());
  auto id = (*client)->send(string_at(*room, "room"), {{"text", request.text}});
  if (!id) return std::unexpected(std::move(id).error());
  return wait_sent(inbox, *id, request.as_json);
}

}  // namespace conclave::client::terminal
