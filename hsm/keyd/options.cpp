#include "hsm/keyd/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "hsm/keyd/errors.hpp"

namespace conclave::hsm::keyd {
namespace {

struct Arguments {
  std::filesystem::path config;
  std::filesystem::path module;
  std::string token_label;
};

void declare(CLI::App& app, Arguments& arguments, Options& options) {
  app.add_option("--config", arguments.config, "configuration file (STATE/conclave.toml)")
      ->required();
  app.add_option("--module", arguments.module, "PKCS#11 module, instead of the configured one");
  app.add_option("--token-label", arguments.token_label, "token, instead of the configured one");
  app.add_option("--online-fd", options.online_fd, "listening socket for conclaved");
  app.add_option("--ceremony-fd", options.ceremony_fd, "listening socket for custodians");
  app.add_option("--pin-fd", options.pin_fd, "descriptor from which the user PIN is read");
  app.add_option("--peer-uid", options.peer_uid, "uid of conclaved (default: our own)");
  app.add_flag("--die-with-parent", options.die_with_parent, "end when the launcher ends");
}

}  // namespace

Result<std::optional<Options>> read_options(int argc, char** argv) {
  Options options;
  Arguments arguments;
  CLI::App app("conclave-keyd: owns the PKCS#11 token of Conclave.");
  app.require_subcommand(0, 1);
  app.fallthrough();
  declare(app, arguments, options);
  auto* init = app.add_subcommand("init", "make the token, its keys and the authority");
  init->add_option("--approvers", options.approvers, "JSON file of the custodians (k of n)");
  auto* clear = app.add_subcommand("clear-refusal", "allow one more PIN attempt after a refusal");
  auto* reset = app.add_subcommand(
      "reset-anchor", "accept an older store, after a restore; the server must not run");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return fail(kKeydConfiguration, error.what());
  }
  if (init->parsed()) options.command = Command::init;
  if (clear->parsed()) options.command = Command::clear_refusal;
  if (reset->parsed()) options.command = Command::reset_anchor;
  auto config = config::load(arguments.config);
  if (!config) {
    return fail(kKeydConfiguration, config::to_text(config.error(), arguments.config));
  }
  options.config = std::move(*config);
  options.paths = config::StatePaths(options.config.state);
  if (!arguments.module.empty()) options.config.keyd.module = arguments.module;
  if (!arguments.token_label.empty()) options.config.keyd.token_label = arguments.token_label;
  return options;
}

}  // namespace conclave::hsm::keyd
