#include "runtime/ctl/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "runtime/ctl/shell.hpp"

namespace conclave::ctl {

namespace {

// The subcommand that was reached last, for a hint that fits.
std::string reached(const CLI::App& app) {
  const CLI::App* last = &app;
  std::string words = "conclavectl";
  while (!last->get_subcommands().empty()) {
    last = last->get_subcommands().front();
    words += " " + last->get_name();
  }
  return words;
}

}  // namespace

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  Shell shell(out, err);
  CLI::App app("Administers a Conclave server from the shell.", "conclavectl");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--home", shell.home, "folder of this admin's device key")
      ->default_str(default_home().string());
  app.add_flag("--json", shell.json, "JSON for programs instead of tables");
  app.add_option("--tenant", shell.tenant, "tenant to act on: id or domain (default: one's own)");
  app.add_option(
         "--factor", shell.factor.factor,
         "which second factor to show when a sign-in needs one (default: as the code looks)")
      ->check(CLI::IsMember({"totp", "recovery_code", "primary"}));
  app.add_option("--code", shell.factor.code, "the second factor's code, where no terminal is");
  app.add_option("--client-certificate", shell.certificate,
                 "PEM file to show where a certificate proves the VPN: certificate and key");
  add_profile_commands(app, shell);
  add_people_commands(app, shell);
  add_access_commands(app, shell);
  add_factor_commands(app, shell);
  add_order_commands(app, shell);
  add_system_commands(app, shell);
  add_location_commands(app, shell);
  add_record_commands(app, shell);
  add_ceremony_commands(app, shell);
  add_local_commands(app, shell);
  add_policy_commands(app, shell);
  add_authority_commands(app, shell);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, out, err);
    const std::string words = reached(app);
    err << words << ": " << error.what() << "\n  See `" << words << " --help`.\n";
    return 2;
  }
  if (shell.home.empty()) shell.home = default_home();
  if (shell.factor.factor.empty() && !shell.factor.code.empty()) {
    shell.factor.factor = factor_of(shell.factor.code);
  }
  return shell.run();
}

}  // namespace conclave::ctl
