#include <CLI/App.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "runtime/config/state_paths.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/shell.hpp"

// Becoming somebody towards a server: set-up, sign-in, sign-out.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

struct Place {
  std::filesystem::path state;
  std::string server;
  std::filesystem::path ca;
  std::filesystem::path secret_file;
  std::filesystem::path password_file;
  std::string name = "admin";
  std::string account;
  std::string device_name = "conclavectl";
};

void add_place(CLI::App* command, const std::shared_ptr<Place>& place) {
  command->add_option("--state", place->state, "state folder of a server on this machine");
  command->add_option("--server", place->server, "address, https://host:port");
  command->add_option("--ca", place->ca, "root certificate to pin (STATE/authority/root.pem)");
  command->add_option("--password-file", place->password_file, "first line is the password");
  command->add_option("--device-name", place->device_name, "how this device is listed");
}

Result<void> enrol(Shell& shell, const Place& place, const ServerPlace& server,
                   const std::string& account, const base::Secret& password) {
  Api api(server);
  shell.answer_step_ups(api);
  auto profile = api.enrol(account, password, place.device_name);
  shell.remember(api);
  if (!profile) return std::unexpected(profile.error());
  api.end();
  CONCLAVE_TRY(save_profile(shell.home, *profile));
  shell.show(
      {{"account", profile->account},
       {"device", profile->device},
       {"server", profile->server.url},
       {"home", shell.home.string()}},
      {"", {{"account", "account"}, {"device", "device"}, {"server", "server"}, {"home", "home"}}});
  shell.show_notices(api);
  return {};
}

Result<void> setup(Shell& shell, const Place& place) {
  auto server = find_server(place.state, place.server, place.ca);
  if (!server) return std::unexpected(server.error());
  std::filesystem::path file = place.secret_file;
  if (file.empty() && !place.state.empty()) file = config::StatePaths(place.state).setup_secret;
  if (file.empty()) return fail(kUsage, "give --state DIR or --secret-file FILE");
  auto secret = read_file(file, 4096);
  if (!secret) {
    return fail(kFileUnusable, file.string() +
                                   ": no set-up secret; it is there for ten minutes after a start "
                                   "without any admin, so restart the server");
  }
  secret->erase(secret->find_last_not_of("\r\n ") + 1);
  auto password = read_password(place.password_file, true);
  if (!password) return std::unexpected(password.error());
  Api api(*server);
  const auto made = api.call_open(
      "/api/v1/setup",
      {{"secret", *secret}, {"name", place.name}, {"password", base::as_text(password->view())}});
  base::wipe(*secret);
  shell.remember(api);
  if (!made) return std::unexpected(made.error());
  const std::string account(made->at("account").as_string());
  return enrol(shell, place, *server, account, *password);
}

Result<void> sign_in(Shell& shell, const Place& place) {
  auto server = find_server(place.state, place.server, place.ca);
  if (!server) return std::unexpected(server.error());
  if (place.account.find('@') == std::string::npos) {
    return fail(kUsage, "an account is local@domain, for instance admin@provider.local");
  }
  auto password = read_password(place.password_file, false);
  if (!password) return std::unexpected(password.error());
  return enrol(shell, place, *server, place.account, *password);
}

// Revokes this device's key on the server, then forgets it here.
Result<void> sign_out(Shell& shell) {
  auto profile = load_profile(shell.home);
  if (!profile) return std::unexpected(profile.error());
  Api api(profile->server);
  shell.answer_step_ups(api);
  auto done = api.prove(*profile);
  if (done) {
    const auto ended = api.call("DELETE", "/api/v1/tenants/self/devices/" + profile->device);
    if (!ended) done = std::unexpected(ended.error());
  }
  shell.remember(api);
  if (!done && !done.error().is(kServerRefused)) return done;
  CONCLAVE_TRY(forget_profile(shell.home));
  shell.show({{"account", profile->account}}, {});
  return {};
}

}  // namespace

void add_profile_commands(CLI::App& app, Shell& shell) {
  const auto place = std::make_shared<Place>();
  CLI::App* first = app.add_subcommand("setup", "make the first admin of a new installation");
  add_place(first, place);
  first->add_option("--secret-file", place->secret_file, "the secret (default: STATE/run/setup)");
  first->add_option("--name", place->name, "name of the account")->capture_default_str();
  first->callback(
      [&shell, place] { shell.action = [place](Shell& self) { return setup(self, *place); }; });

  CLI::App* in = app.add_subcommand("sign-in", "enrol this shell as a device of an account");
  in->add_option("account", place->account, "local@domain")->required();
  add_place(in, place);
  in->callback(
      [&shell, place] { shell.action = [place](Shell& self) { return sign_in(self, *place); }; });

  CLI::App* out = app.add_subcommand("sign-out", "revoke this shell's device and forget its key");
  out->callback([&shell] { shell.action = sign_out; });

  CLI::App* who = app.add_subcommand("whoami", "who this shell is");
  who->callback([&shell] {
    shell.action = [](Shell& self) {
      return self.request("GET", "/api/v1/session", std::nullopt,
                          {"",
                           {{"account", "account"},
                            {"name", "display_name"},
                            {"roles", "roles"},
                            {"tenant", "tenant"},
                            {"user", "user"},
                            {"device", "device"}}});
    };
  });
}

}  // namespace conclave::ctl
