// bench: how fast a server is, beside what the machine gives to one that only passes frames on.
#include <csignal>
#include <iostream>

#include "tests/load/bench.hpp"
#include "tests/load/relay.hpp"

namespace conclave::load {
namespace {

struct Scenario {
  std::string_view name;
  void (*measure)(Bench&);
};

constexpr Scenario kScenarios[] = {
    {"floor", measure_floors},
    {"chat", [](Bench& bench) { measure_chat(bench, false); }},
    {"latency", [](Bench& bench) { measure_chat_latency(bench, false); }},
    {"room", [](Bench& bench) { measure_rooms(bench, false); }},
    {"sign-in", [](Bench& bench) { measure_sign_in(bench, false); }},
    {"policy", measure_policy},
    {"history", measure_history},
    {"chat-tls", [](Bench& bench) { measure_chat(bench, true); }},
    {"latency-tls", [](Bench& bench) { measure_chat_latency(bench, true); }},
    {"room-tls", [](Bench& bench) { measure_rooms(bench, true); }},
    {"sign-in-tls", [](Bench& bench) { measure_sign_in(bench, true); }},
    {"handshakes", measure_handshakes},
    {"idle", [](Bench& bench) { measure_idle(bench, false); }},
    {"idle-tls", [](Bench& bench) { measure_idle(bench, true); }},
};

void add_notes(Bench& bench) {
  bench.report.note(machine_text());
  bench.report.note("server on core 0, generator on core 1");
  std::string limits = "limits raised for the generator:";
  for (const auto& [key, value] : raised_limits()) {
    limits += " " + key + "=" + std::to_string(value);
  }
  bench.report.note(limits);
}

int measure_all(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  pin_to_core(kGeneratorCore);
  std::filesystem::create_directories(options.folder);
  Bench bench(options);
  add_notes(bench);
  for (const Scenario& scenario : kScenarios) {
    if (!options.wants(scenario.name)) continue;
    std::cerr << "measuring " << scenario.name << ", load average " << load_average() << std::endl;
    scenario.measure(bench);
  }
  std::cout << bench.report.table();
  if (!options.json.empty()) bench.report.write_json(options.json);
  return 0;
}

}  // namespace
}  // namespace conclave::load

int main(int argc, char** argv) {
  using namespace conclave::load;
  const Options options = read_options(argc, argv);
  try {
    return options.relay ? serve_relay(options.relay_log) : measure_all(options);
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << std::endl;
    return 1;
  }
}
