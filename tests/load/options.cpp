#include "tests/load/options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace conclave::load {

namespace fs = std::filesystem;

bool Options::wants(std::string_view scenario) const {
  return only.empty() || std::ranges::find(only, scenario) != only.end();
}

Options read_options(int argc, char** argv) {
  Options out;
  CLI::App app{
      "Measures a release server on core 0 from core 1, and in the same run what the "
      "machine gives to a server that only passes frames on."};
  app.add_flag("--quick", out.quick, "two runs of two seconds");
  app.add_option("--json", out.json, "write the figures to this file");
  app.add_option(
         "--only", out.only,
         "scenarios: floor chat latency room sign-in policy history idle handshakes, and chat-tls, "
         "latency-tls, room-tls, sign-in-tls, idle-tls (default: all)")
      ->delimiter(',');
  auto* const seconds = app.add_option("--seconds", out.seconds, "length of a run");
  auto* const runs = app.add_option("--runs", out.runs, "runs of each scenario");
  app.add_option("--people", out.people, "most members of a room");
  app.add_option("--sessions", out.sessions, "idle sessions");
  app.add_option("--programs", out.programs, "folder of the built programs");
  app.add_option("--folder", out.folder, "folder for the state, on the disk to be measured");
  app.add_flag("--relay", out.relay)->group("");
  app.add_option("--relay-log", out.relay_log)->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (out.quick && seconds->count() == 0) out.seconds = 2;
  if (out.quick && runs->count() == 0) out.runs = 2;
  if (out.programs.empty()) out.programs = fs::read_symlink("/proc/self/exe").parent_path();
  if (out.folder.empty() && !out.relay) {
    std::string name = fs::temp_directory_path() / "conclave-bench-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::exit(1);
    out.folder = name;
  }
  return out;
}

}  // namespace conclave::load
