// conclave-launcher: makes the sockets, starts conclave-keyd and conclaved, keeps them alive.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "runtime/config/config.hpp"
#include "runtime/config/state_paths.hpp"
#include "runtime/confine/confine.hpp"
#include "runtime/launcher/errors.hpp"
#include "runtime/launcher/local_socket.hpp"
#include "runtime/launcher/pid_file.hpp"
#include "runtime/launcher/supervisor.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::launcher {
namespace {

constexpr int kExitTaken = 75;  // sysexits.h: EX_TEMPFAIL; another launcher runs
constexpr std::chrono::milliseconds kAfterDrain{
    10'000};  // the store closes, WAL checkpoint included

struct Arguments {
  std::filesystem::path config;
  std::filesystem::path keyd;
  std::filesystem::path server;
};

int refuse(const Error& error) {
  std::cerr << "conclave-launcher: " << error.text() << "\n" << error.spec().advice << "\n";
  return error.is(kAlreadyRunning) ? kExitTaken : kExitConfiguration;
}

int launch(const Arguments& arguments) {
  auto config = config::load(arguments.config);
  if (!config) {
    std::cerr << config::to_text(config.error(), arguments.config);
    return kExitConfiguration;
  }
  observe::start_log("conclave-launcher", observe::LogLevel::info);
  if (auto hardened = confine::harden_process({}); !hardened) return refuse(hardened.error());
  const config::StatePaths paths(config->state);
  if (auto made = config::make_state_folders(paths); !made) return refuse(made.error());
  auto lock = PidFile::take(paths.launcher_pid);
  if (!lock) return refuse(lock.error());
  auto online = listen_locally(paths.keyd_socket);
  if (!online) return refuse(online.error());
  auto ceremony = listen_locally(paths.ceremony_socket);
  if (!ceremony) return refuse(ceremony.error());

  std::error_code failed;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  Supervisor::Plan plan;
  plan.config_file = config->file;
  plan.keyd_program = arguments.keyd.empty() ? folder / "conclave-keyd" : arguments.keyd;
  plan.server_program = arguments.server.empty() ? folder / "conclaved" : arguments.server;
  plan.pin_file = config->keyd.pin_file.empty() ? paths.pin : config->keyd.pin_file;
  plan.online_socket = std::move(*online);
  plan.ceremony_socket = std::move(*ceremony);
  plan.server_grace = std::chrono::milliseconds(config->limits.drain_ms) + kAfterDrain;
  Supervisor supervisor(std::move(plan));
  return supervisor.run();
}

}  // namespace
}  // namespace conclave::launcher

int main(int argc, char** argv) {
  CLI::App app{"Starts Conclave: the key process, then the server; keeps both alive."};
  conclave::launcher::Arguments arguments;
  app.add_option("--config", arguments.config, "configuration file (conclave.toml)")->required();
  app.add_option("--keyd", arguments.keyd, "conclave-keyd (default: beside this program)");
  app.add_option("--server", arguments.server, "conclaved (default: beside this program)");
  CLI11_PARSE(app, argc, argv);
  return conclave::launcher::launch(arguments);
}
