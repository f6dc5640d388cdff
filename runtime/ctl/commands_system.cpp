#include <CLI/App.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <memory>

#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/restore.hpp"
#include "runtime/ctl/shell.hpp"

// Keys, backups, status: for the provider's admins.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

const Shell::View kKeys{"keys",
                        {{"KEY", "label"},
                         {"TYPE", "type"},
                         {"MECHANISM", "mechanism"},
                         {"SENSITIVE", "sensitive"},
                         {"EXTRACTABLE", "extractable"},
                         {"CREATED (UTC)", "created_ms"}}};
const Shell::View kEpoch{"",
                         {{"tenant", "tenant"},
                          {"old epoch", "old_epoch"},
                          {"new epoch", "new_epoch"},
                          {"keys sealed anew", "resealed"},
                          {"old one dies after", "destroy_after_ms"}}};
const Shell::View kBackups{"backups",
                           {{"FILE", "file"},
                            {"KIND", "kind"},
                            {"BYTES", "bytes"},
                            {"CREATED (UTC)", "created_ms"},
                            {"SHA-256", "sha256"}}};
const Shell::View kBackup{
    "", {{"file", "file"}, {"kind", "kind"}, {"bytes", "bytes"}, {"sha256", "sha256"}}};
const Shell::View kStatus{"",
                          {{"server", "name"},
                           {"version", "version"},
                           {"time (UTC)", "time_ms"},
                           {"tenants", "tenants"},
                           {"sessions", "sessions"},
                           {"refused rows", "refused_rows"},
                           {"audit entries", "audit_entries"},
                           {"anchored in the token", "anchored_entries"},
                           {"fences", "fences"},
                           {"store writable", "store.writable"},
                           {"store says", "store.reason"},
                           {"store bytes", "store.bytes"},
                           {"store epoch", "store.epoch"},
                           {"token ready", "token.ready"},
                           {"token says", "token.reason"},
                           {"token module", "token.module"},
                           {"token warnings", "token.warnings"}}};

struct Given {
  std::string what;
};

void add_backup_commands(CLI::App& app, Shell& shell, const std::shared_ptr<Given>& given) {
  CLI::App* backup = app.add_subcommand("backup", "backups of content and, separately, keyring");
  backup->require_subcommand(1);
  add(backup, shell, "create", "take a backup into STATE/backup", given,
      [](Shell& self, const Given& is) {
        return self.request("POST", "/api/v1/backups", json::object{{"kind", is.what}}, kBackup);
      })
      ->add_option("kind", given->what, "content or keyring")
      ->required()
      ->check(CLI::IsMember({"content", "keyring"}));
  add(backup, shell, "list", "backups in STATE/backup", given, [](Shell& self, const Given&) {
    return self.request("GET", "/api/v1/backups", std::nullopt, kBackups);
  });
  add(backup, shell, "verify", "check a backup file on this machine", given,
      [](Shell& self, const Given& is) { return verify_backup_file(self, is.what); })
      ->add_option("file", given->what, "the .db file; its .json note lies beside it")
      ->required();
  add(backup, shell, "confirm", "this keyring backup is kept elsewhere; old epochs may die", given,
      [](Shell& self, const Given& is) {
        return self.request("POST", "/api/v1/backups/confirm", json::object{{"sha256", is.what}},
                            {});
      })
      ->add_option("sha256", given->what, "digest of the keyring backup")
      ->required();
}

}  // namespace

void add_system_commands(CLI::App& app, Shell& shell) {
  const auto given = std::make_shared<Given>();
  add(&app, shell, "status", "state of process, store and token", given,
      [](Shell& self, const Given&) {
        return self.request("GET", "/api/v1/status", std::nullopt, kStatus);
      });
  CLI::App* key = app.add_subcommand("key", "keys in the token");
  key->require_subcommand(1);
  add(key, shell, "list", "keys with their attributes", given, [](Shell& self, const Given&) {
    return self.request("GET", "/api/v1/keys", std::nullopt, kKeys);
  });
  add(key, shell, "turn-epoch", "make what a tenant deleted unreadable for good", given,
      [](Shell& self, const Given& is) {
        return self.request("POST", "/api/v1/keys/epoch-turn", json::object{{"tenant", is.what}},
                            kEpoch);
      })
      ->add_option("tenant", given->what, "id or domain")
      ->required();
  add_backup_commands(app, shell, given);
}

}  // namespace conclave::ctl
