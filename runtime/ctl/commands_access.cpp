#include <CLI/App.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/shell.hpp"

// Devices, sessions, rooms.
namespace conclave::ctl {

namespace {

const Shell::View kDevices{"devices",
                           {{"DEVICE", "device"},
                            {"NAME", "name"},
                            {"PLATFORM", "platform"},
                            {"KEY", "algorithm"},
                            {"ONLINE", "online"},
                            {"REVOKED", "revoked"},
                            {"LAST ACTIVE (UTC)", "last_active_ms"},
                            {"ADDRESS", "address"}}};
const Shell::View kSessions{"sessions",
                            {{"SESSION", "session"},
                             {"USER", "user"},
                             {"DEVICE", "device"},
                             {"ADDRESS", "address"},
                             {"ONLINE", "online"},
                             {"SINCE (UTC)", "created_ms"},
                             {"LAST ACTIVE (UTC)", "last_active_ms"}}};
const Shell::View kRooms{"rooms",
                         {{"ROOM", "room"},
                          {"KIND", "kind"},
                          {"NAME", "name"},
                          {"MEMBERS", "members"},
                          {"ENTRIES", "head_seq"}}};
const Shell::View kMembers{"members", {{"USER", "user"}, {"ROLE", "role"}, {"STATE", "state"}}};

struct Given {
  std::string what;
  std::string after;
  bool yes = false;
};

}  // namespace

void add_access_commands(CLI::App& app, Shell& shell) {
  const auto given = std::make_shared<Given>();
  CLI::App* device = app.add_subcommand("device", "devices of users");
  device->require_subcommand(1);
  add(device, shell, "list", "a user's devices", given,
      [](Shell& self, const Given& is) {
        return self.request("GET", self.in_tenant("/users/" + encoded(is.what) + "/devices"),
                            std::nullopt, kDevices);
      })
      ->add_option("user", given->what, "id, local part or account")
      ->required();
  add(device, shell, "sign-out", "end a device's sessions", given,
      [](Shell& self, const Given& is) {
        return self.request("POST", self.in_tenant("/devices/" + encoded(is.what) + "/sign-out"),
                            std::nullopt, {});
      })
      ->add_option("device", given->what, "id")
      ->required();
  add(device, shell, "remove", "revoke a device's key", given,
      [](Shell& self, const Given& is) {
        return self.request("DELETE", self.in_tenant("/devices/" + encoded(is.what)), std::nullopt,
                            {});
      })
      ->add_option("device", given->what, "id")
      ->required();

  CLI::App* session = app.add_subcommand("session", "open sessions");
  session->require_subcommand(1);
  add(session, shell, "list", "open sessions of a tenant", given, [](Shell& self, const Given&) {
    return self.request("GET", self.in_tenant("/sessions"), std::nullopt, kSessions);
  });
  add(session, shell, "end", "end a session at once", given,
      [](Shell& self, const Given& is) {
        return self.request("DELETE", self.in_tenant("/sessions/" + encoded(is.what)), std::nullopt,
                            {});
      })
      ->add_option("session", given->what, "id")
      ->required();

  CLI::App* room = app.add_subcommand("room", "rooms of a tenant, without their content");
  room->require_subcommand(1);
  add(room, shell, "list", "rooms", given, [](Shell& self, const Given& is) {
    std::string target = self.in_tenant("/rooms?limit=200");
    if (!is.after.empty()) target += "&after=" + encoded(is.after);
    return self.request("GET", target, std::nullopt, kRooms);
  })->add_option("--after", given->after, "room id to go on after");
  add(room, shell, "members", "members of a room", given,
      [](Shell& self, const Given& is) {
        return self.request("GET", self.in_tenant("/rooms/" + encoded(is.what) + "/members"),
                            std::nullopt, kMembers);
      })
      ->add_option("room", given->what, "id")
      ->required();
  CLI::App* gone = add(room, shell, "delete", "delete a room", given,
                       [](Shell& self, const Given& is) -> Result<void> {
                         CONCLAVE_TRY(require_yes(is.yes, "the room " + is.what));
                         return self.request("DELETE", self.in_tenant("/rooms/" + encoded(is.what)),
                                             std::nullopt, {});
                       });
  gone->add_option("room", given->what, "id")->required();
  gone->add_flag("--yes", given->yes, "I mean it");
}

}  // namespace conclave::ctl
