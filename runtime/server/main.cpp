// conclaved: see conclaved.hpp for what it builds and in which order.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "runtime/config/config.hpp"
#include "runtime/config/state_paths.hpp"
#include "runtime/confine/confine.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/server/conclaved.hpp"
#include "runtime/server/fences.hpp"

namespace {

// Exit codes after sysexits.h; the launcher does not restart after 78.
constexpr int kExitConfiguration = 78;
constexpr int kExitFailure = 1;

conclave::observe::LogLevel log_level(const std::string& text) {
  using conclave::observe::LogLevel;
  if (text == "debug") return LogLevel::debug;
  if (text == "warning") return LogLevel::warning;
  if (text == "error") return LogLevel::error;
  return LogLevel::info;
}

int serve(const std::string& file) {
  using namespace conclave;
  auto config = config::load(file);
  if (!config) {
    std::cerr << config::to_text(config.error(), file);
    return kExitConfiguration;
  }
  observe::start_log("conclaved", log_level(config->log.level));
  auto hardened = confine::harden_process({.die_with_parent = true, .lock_memory = false});
  if (!hardened) {
    observe::error("server.not_hardened", {{"error", hardened.error()}});
    return kExitFailure;
  }
  auto log = observe::LogFile::of_standard_error();
  auto fences = server::confine_server(*config, config::StatePaths(config->state));
  if (!fences) {
    observe::error("server.not_confined", {{"error", fences.error()}});
    return kExitFailure;
  }
  fences->fences.insert(fences->fences.begin(), hardened->fences.begin(), hardened->fences.end());
  observe::info("server.confined", {{"fences", fences->text()}});
  server::Conclaved process(*std::move(config), *std::move(fences), std::move(log));
  if (auto result = process.run(); !result) {
    observe::error("server.failed",
                   {{"error", result.error()}, {"advice", result.error().spec().advice}});
    return kExitFailure;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Conclave's server process; conclave-launcher starts it."};
  std::string file;
  bool check = false;
  bool example = false;
  app.add_option("--config", file, "configuration file (conclave.toml)");
  app.add_flag("--check", check, "read and check the configuration, then stop");
  app.add_flag("--example-config", example, "print a complete configuration file, then stop");
  CLI11_PARSE(app, argc, argv);
  if (example) {
    std::cout << conclave::config::example_text();
    return 0;
  }
  if (file.empty()) {
    std::cerr << "conclaved: --config FILE is needed (conclaved --example-config prints one)\n";
    return kExitConfiguration;
  }
  if (check) {
    auto config = conclave::config::load(file);
    if (config) return 0;
    std::cerr << conclave::config::to_text(config.error(), file);
    return kExitConfiguration;
  }
  return serve(file);
}
