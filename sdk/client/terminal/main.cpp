// conclave: a terminal client. Each command is one connection of one device.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>

#include "sdk/client/terminal/commands.hpp"
#include "sdk/client/terminal/output.hpp"

namespace {

using namespace conclave::client::terminal;
using Run = conclave::Result<void> (*)(const Request&);

constexpr int kExitFailure = 1;

std::filesystem::path default_home() {
  if (const char* home = std::getenv("CONCLAVE_HOME"); home != nullptr && *home != '\0')
    return home;
  const char* user = std::getenv("HOME");
  return std::filesystem::path(user != nullptr && *user != '\0' ? user : ".") / ".conclave";
}

// The commands' options land in `request`, the chosen one in `chosen`.
void add_commands(CLI::App& app, Request& request, Run& chosen) {
  const auto command = [&](const char* name, const char* what, Run run) {
    auto* sub = app.add_subcommand(name, what);
    sub->callback([&chosen, run] { chosen = run; });
    return sub;
  };
  auto* enrol = command("sign-in", "enrol this device with your account's password", &sign_in);
  enrol->add_option("account", request.account, "local@domain")->required();
  enrol->add_option("--server", request.server, "wss://host:port")->required();
  enrol->add_option("--ca", request.ca_file, "PEM file of the installation's root certificate")
      ->check(CLI::ExistingFile);
  enrol->add_option("--name", request.device_name, "this device's name for you");
  enrol->add_option("--factor", request.factor, "the second factor to show, when one is asked for")
      ->check(CLI::IsMember({"totp", "recovery_code", "primary"}));
  enrol->add_option("--hardware-id", request.hardware_id,
                    "names this machine (only a digest is sent); with --service-id this device can "
                    "become your primary one");
  enrol->add_option("--service-id", request.service_id, "names this program's installation");

  command("rooms", "your rooms", &rooms);
  auto* past = command("history", "the newest messages of a room", &history);
  past->add_option("room", request.room, "id, name, or somebody's account")->required();
  past->add_option("--limit", request.limit)->check(CLI::Range(1, 200));
  past->add_option("--before", request.before, "only entries before this number");
  auto* say = command("send", "send one message", &send);
  say->add_option("room", request.room, "id, name, or somebody's account")->required();
  say->add_option("text", request.text)->required();
  auto* talk = command("chat", "a live conversation; lines from standard input are sent", &chat);
  talk->add_option("room", request.room, "id, name, or somebody's account")->required();
  talk->add_option("--limit", request.limit, "entries shown at first")->check(CLI::Range(1, 200));
  talk->add_flag("!--no-read", request.mark_read, "leave the messages unread");

  auto* make = command("create", "make a room", &create);
  make->add_option("name", request.text)->required();
  make->add_flag("--open", request.open, "anybody of your organisation may join");
  make->add_option("--invite", request.accounts, "accounts to invite");
  auto* ask = command("invite", "invite people to a room", &invite);
  ask->add_option("room", request.room)->required();
  ask->add_option("account", request.accounts)->required();
  command("accept", "accept an invitation", &accept)->add_option("room", request.room)->required();
  command("devices", "your devices", &devices);
  auto* one = app.add_subcommand("device", "ban or wipe one of your devices");
  one->require_subcommand(1);
  const auto device = [&](const char* name, const char* what, Run run) {
    auto* sub = one->add_subcommand(name, what);
    sub->callback([&chosen, run] { chosen = run; });
    sub->add_option("id", request.text, "d_…, see `conclave devices`");
    return sub;
  };
  auto* ban = device("ban", "revoke a device and keep it from coming back", &ban_device);
  ban->get_option("id")->required();
  ban->add_flag("--yes", request.yes, "I mean it");
  auto* wipe = device("wipe", "order a device to delete what the service left on it", &wipe_device);
  wipe->get_option("id")->required();
  wipe->add_flag("--yes", request.yes, "I mean it");
  device("orders", "orders to your devices, with their receipts", &device_orders);
  auto* let_in =
      command("approve", "let a new device of yours in, on your primary device", &approve);
  let_in->add_option("number", request.text,
                     "the number that it shows, or its code; without: who waits");
  let_in->add_flag("--deny", request.deny, "keep it out");
  command("presence", "the people whose presence you see, and who sees yours", &presence);
  command("sync", "what this device missed since it was last here", &sync);
}

void add_factor_commands(CLI::App& app, Request& request, Run& chosen) {
  auto* factor = app.add_subcommand("factor", "your second factors");
  factor->require_subcommand(1);
  factor->fallthrough();
  const auto command = [&](const char* name, const char* what, Run run) {
    auto* sub = factor->add_subcommand(name, what);
    sub->callback([&chosen, run] { chosen = run; });
    return sub;
  };
  const auto prove = [&](CLI::App* sub) {
    sub->add_option("--code", request.code, "prove with a code instead of the password");
    sub->add_option("--recovery-code", request.recovery_code, "prove with a recovery code");
  };
  command("list", "what you have", &factor_list);
  auto* more = command("add", "add one; totp is an authenticator application", &factor_add);
  more->add_option("kind", request.query)->required()->check(CLI::IsMember({"totp"}));
  more->add_option("--label", request.text, "its name for you");
  prove(more);
  auto* gone = command("remove", "take one away", &factor_remove);
  gone->add_option("factor", request.query, "id")->required();
  prove(gone);
  prove(command("codes", "ten new recovery codes; older ones stop working", &factor_codes));
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away (| head) ends the program through a failed write, not by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Conclave in a terminal. Rooms are named by id, name or somebody's account."};
  app.require_subcommand(1);
  app.fallthrough();
  Request request;
  Run chosen = nullptr;
  std::filesystem::path home = default_home();
  std::string device = "default";
  request.device_name = "terminal";
  app.add_option("--home", home, "folder of your devices (CONCLAVE_HOME; ~/.conclave)");
  app.add_option("--device", device, "which device in that folder; each is one terminal of yours")
      ->check([](const std::string& name) {
        const bool plain = !name.empty() && name.find('/') == std::string::npos && name[0] != '.';
        return plain ? std::string() : std::string("a device's name is a plain word");
      });
  app.add_option("--client-certificate", request.certificate_file,
                 "PEM file to show where a certificate proves your organisation's VPN")
      ->check(CLI::ExistingFile);
  app.add_flag("--json", request.as_json, "one JSON object a line, for programs");
  add_commands(app, request, chosen);
  add_factor_commands(app, request, chosen);
  CLI11_PARSE(app, argc, argv);
  request.home = home / device;
  std::error_code bad;
  std::filesystem::create_directories(home, bad);
  auto done = chosen(request);
  if (done) return 0;
  print_error(done.error(), request.as_json);
  return kExitFailure;
}
