#include <CLI/App.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/shell.hpp"

// Tenants, users, groups.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

const Shell::View kTenants{"tenants",
                           {{"DOMAIN", "domain"},
                            {"TENANT", "tenant"},
                            {"PROVIDER", "provider"},
                            {"CREATED (UTC)", "created_ms"}}};
const Shell::View kTenant{"",
                          {{"domain", "domain"}, {"tenant", "tenant"}, {"created", "created_ms"}}};
const Shell::View kUsers{"users",
                         {{"ACCOUNT", "account"},
                          {"NAME", "display_name"},
                          {"KIND", "kind"},
                          {"STATE", "state"},
                          {"ROLES", "roles"},
                          {"USER", "user"}}};
const Shell::View kUser{"",
                        {{"account", "account"},
                         {"name", "display_name"},
                         {"kind", "kind"},
                         {"state", "state"},
                         {"roles", "roles"},
                         {"user", "user"}}};
const Shell::View kGroups{
    "groups", {{"NAME", "name"}, {"ROLES", "roles"}, {"MEMBERS", "members"}, {"GROUP", "group"}}};
const Shell::View kGroup{"", {{"name", "name"}, {"roles", "roles"}, {"group", "group"}}};

struct Given {
  std::string name;
  std::string user;
  std::string query;
  std::string after;
  std::string display_name;
  std::vector<std::string> roles;
  std::filesystem::path password_file;
  bool service = false;
  bool ask_password = false;
  bool no_roles = false;
  bool enable = false;
  bool disable = false;
  bool yes = false;
};

json::array role_list(const Given& given) {
  json::array out;
  for (const auto& role : given.roles) out.push_back(json::value(role));
  return out;
}

Result<void> add_password(const Given& given, json::object* body) {
  if (given.password_file.empty() && !given.ask_password) return {};
  auto password = read_password(given.password_file, true);
  if (!password) return std::unexpected(password.error());
  (*body)["password"] = base::as_text(password->view());
  return {};
}

Result<void> create_user(Shell& shell, const Given& given) {
  json::object body{{"name", given.name}};
  if (!given.display_name.empty()) body["display_name"] = given.display_name;
  if (!given.roles.empty()) body["roles"] = role_list(given);
  if (given.service) body["kind"] = "service";
  CONCLAVE_TRY(add_password(given, &body));
  return shell.request("POST", shell.in_tenant("/users"), body, kUser);
}

Result<void> change_user(Shell& shell, const Given& given) {
  json::object body;
  if (given.enable && given.disable) return fail(kUsage, "--enable or --disable, not both");
  if (given.no_roles && !given.roles.empty()) return fail(kUsage, "--role or --no-roles, not both");
  if (!given.display_name.empty()) body["display_name"] = given.display_name;
  if (!given.roles.empty() || given.no_roles) body["roles"] = role_list(given);
  if (given.enable || given.disable) body["enabled"] = given.enable;
  CONCLAVE_TRY(add_password(given, &body));
  if (body.empty()) return fail(kUsage, "nothing to change; see `conclavectl user set --help`");
  return shell.request("PATCH", shell.in_tenant("/users/" + encoded(given.user)), body, kUser);
}

void add_tenant_commands(CLI::App& app, Shell& shell) {
  CLI::App* group = app.add_subcommand("tenant", "tenants of the installation");
  group->require_subcommand(1);
  const auto given = std::make_shared<Given>();
  add(group, shell, "list", "all tenants", given, [](Shell& self, const Given&) {
    return self.request("GET", "/api/v1/tenants", std::nullopt, kTenants);
  });
  add(group, shell, "create", "make a tenant and its keys", given,
      [](Shell& self, const Given& is) {
        return self.request("POST", "/api/v1/tenants", json::object{{"domain", is.name}}, kTenant);
      })
      ->add_option("domain", given->name, "accounts are local@domain")
      ->required();
  add(group, shell, "show", "one tenant", given, [](Shell& self, const Given& is) {
    self.tenant = is.name.empty() ? self.tenant : is.name;
    return self.request("GET", self.in_tenant(""), std::nullopt, kTenant);
  })->add_option("tenant", given->name, "id or domain");
  CLI::App* gone =
      add(group, shell, "delete", "delete a tenant with all that is in it", given,
          [](Shell& self, const Given& is) -> Result<void> {
            CONCLAVE_TRY(require_yes(is.yes, "the tenant " + is.name));
            return self.request("DELETE", "/api/v1/tenants/" + encoded(is.name), std::nullopt, {});
          });
  gone->add_option("tenant", given->name, "id or domain")->required();
  gone->add_flag("--yes", given->yes, "I mean it");
}

void add_user_options(CLI::App* command, const std::shared_ptr<Given>& given) {
  command->add_option("--display-name", given->display_name, "name shown to others");
  command->add_option("--role", given->roles,
                      "guest, user_admin, room_admin, security_admin, auditor, provider_admin, "
                      "provider_auditor; may be repeated");
  command->add_option("--password-file", given->password_file, "first line is the password");
  command->add_flag("--ask-password", given->ask_password, "ask for the password");
}

void add_user_commands(CLI::App& app, Shell& shell) {
  CLI::App* group = app.add_subcommand("user", "people and service accounts of a tenant");
  group->require_subcommand(1);
  const auto given = std::make_shared<Given>();
  CLI::App* list =
      add(group, shell, "list", "users by name", given, [](Shell& self, const Given& is) {
        std::string target = self.in_tenant("/users?limit=200");
        if (!is.query.empty()) target += "&query=" + encoded(is.query);
        if (!is.after.empty()) target += "&after=" + encoded(is.after);
        return self.request("GET", target, std::nullopt, kUsers);
      });
  list->add_option("--query", given->query, "start of a word of the name");
  list->add_option("--after", given->after, "local part to go on after");
  CLI::App* made = add(group, shell, "create", "make a user", given, create_user);
  made->add_option("name", given->name, "local part of the account")->required();
  made->add_flag("--service", given->service, "a program's account");
  add_user_options(made, given);
  add(group, shell, "show", "one user", given,
      [](Shell& self, const Given& is) {
        return self.request("GET", self.in_tenant("/users/" + encoded(is.user)), std::nullopt,
                            kUser);
      })
      ->add_option("user", given->user, "id, local part or account")
      ->required();
  CLI::App* set = add(group, shell, "set", "change a user", given, change_user);
  set->add_option("user", given->user, "id, local part or account")->required();
  add_user_options(set, given);
  set->add_flag("--no-roles", given->no_roles, "take all roles away");
  set->add_flag("--enable", given->enable, "may sign in");
  set->add_flag("--disable", given->disable, "may not sign in; sessions end at once");
  CLI::App* gone = add(group, shell, "delete", "delete a user", given,
                       [](Shell& self, const Given& is) -> Result<void> {
                         CONCLAVE_TRY(require_yes(is.yes, "the user " + is.user));
                         return self.request("DELETE", self.in_tenant("/users/" + encoded(is.user)),
                                             std::nullopt, {});
                       });
  gone->add_option("user", given->user, "id, local part or account")->required();
  gone->add_flag("--yes", given->yes, "I mean it");
}

Result<void> member(Shell& shell, const Given& given, const char* method) {
  return shell.request(
      method, shell.in_tenant("/groups/" + encoded(given.name) + "/members/" + encoded(given.user)),
      std::nullopt, {});
}

void add_group_commands(CLI::App& app, Shell& shell) {
  CLI::App* group = app.add_subcommand("group", "groups whose members hold the group's roles");
  group->require_subcommand(1);
  const auto given = std::make_shared<Given>();
  add(group, shell, "list", "groups and members", given, [](Shell& self, const Given&) {
    return self.request("GET", self.in_tenant("/groups"), std::nullopt, kGroups);
  });
  CLI::App* made =
      add(group, shell, "create", "make a group", given, [](Shell& self, const Given& is) {
        return self.request("POST", self.in_tenant("/groups"),
                            json::object{{"name", is.name}, {"roles", role_list(is)}}, kGroup);
      });
  CLI::App* set = add(group, shell, "set-roles", "set a group's roles", given,
                      [](Shell& self, const Given& is) {
                        return self.request("PATCH", self.in_tenant("/groups/" + encoded(is.name)),
                                            json::object{{"roles", role_list(is)}}, kGroup);
                      });
  for (CLI::App* command : {made, set}) {
    command->add_option("name", given->name, "name of the group")->required();
    command->add_option("--role", given->roles, "may be repeated");
  }
  CLI::App* in = add(group, shell, "add", "add a member", given,
                     [](Shell& self, const Given& is) { return member(self, is, "PUT"); });
  CLI::App* out = add(group, shell, "remove", "remove a member", given,
                      [](Shell& self, const Given& is) { return member(self, is, "DELETE"); });
  for (CLI::App* command : {in, out}) {
    command->add_option("name", given->name, "name or id of the group")->required();
    command->add_option("user", given->user, "id, local part or account")->required();
  }
  CLI::App* gone =
      add(group, shell, "delete", "delete a group", given,
          [](Shell& self, const Given& is) -> Result<void> {
            CONCLAVE_TRY(require_yes(is.yes, "the group " + is.name));
            return self.request("DELETE", self.in_tenant("/groups/" + encoded(is.name)),
                                std::nullopt, {});
          });
  gone->add_option("name", given->name, "name or id")->required();
  gone->add_flag("--yes", given->yes, "I mean it");
}

}  // namespace

void add_people_commands(CLI::App& app, Shell& shell) {
  add_tenant_commands(app, shell);
  add_user_commands(app, shell);
  add_group_commands(app, shell);
}

}  // namespace conclave::ctl
