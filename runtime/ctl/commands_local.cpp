#include <CLI/App.hpp>
#include <memory>

#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/doctor.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/restore.hpp"
#include "runtime/ctl/shell.hpp"

// What works on this machine's state folder, without a server.
namespace conclave::ctl {

namespace {

struct Given {
  std::filesystem::path config;
  std::filesystem::path state;
  RestoreRequest restore;
};

Result<std::filesystem::path> config_of(const Given& given) {
  if (!given.config.empty()) return given.config;
  if (!given.state.empty()) return given.state / "conclave.toml";
  return fail(kUsage, "say which installation: --config FILE or --state DIR");
}

void add_place(CLI::App* command, const std::shared_ptr<Given>& given) {
  command->add_option("--config", given->config, "configuration of the installation");
  command->add_option("--state", given->state, "state folder; its conclave.toml is read");
}

}  // namespace

void add_local_commands(CLI::App& app, Shell& shell) {
  const auto given = std::make_shared<Given>();
  CLI::App* restore_command =
      app.add_subcommand("restore", "put a backup in place; the server must not run");
  add_place(restore_command, given);
  restore_command->add_option("kind", given->restore.kind, "content or keyring")
      ->required()
      ->check(CLI::IsMember({"content", "keyring"}));
  restore_command->add_option("file", given->restore.file, "the backup")->required();
  restore_command->add_option("--sha256", given->restore.sha256,
                              "its digest (default: from the note beside it)");
  restore_command->callback([&shell, given] {
    shell.action = [given](Shell& self) -> Result<void> {
      auto config = config_of(*given);
      if (!config) return std::unexpected(config.error());
      given->restore.config = *config;
      return restore(self, given->restore);
    };
  });

  CLI::App* look = app.add_subcommand("doctor", "says what is wrong and how to mend it");
  add_place(look, given);
  look->callback([&shell, given] {
    shell.action = [given](Shell& self) -> Result<void> {
      auto config = config_of(*given);
      if (!config) return std::unexpected(config.error());
      return doctor(self, *config);
    };
  });
}

}  // namespace conclave::ctl
