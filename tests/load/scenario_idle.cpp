#include <algorithm>

#include "tests/load/bench.hpp"

namespace conclave::load {
namespace {

constexpr std::size_t kDevicesOfPerson = 10;
constexpr std::size_t kPeople = 1'000;

// Devices of everybody, signed in over the plain listener and gone again: what it costs the server
// to know them is no part of a session.
std::vector<Device*> enrolled(Bench& bench) {
  std::vector<Device*> out;
  for (std::size_t nth = 0; nth < kDevicesOfPerson && out.size() < bench.options.sessions; ++nth) {
    const std::size_t left = bench.options.sessions - out.size();
    const auto more = bench.devices(std::min({kPeople, bench.options.people, left}), nth);
    Crowd(bench.poller, bench.target(false)).sign_in(more);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

}  // namespace

void measure_idle(Bench& bench, bool tls) {
  const std::string name = std::string("idle_kib_per_session_") + (tls ? "tls" : "plain");
  const auto devices = enrolled(bench);
  // A server that has just started: memory that earlier scenarios gave back to the allocator would
  // make sessions look free of charge.
  bench.restart_server();
  const auto before = bench.server().usage();
  Crowd crowd(bench.poller, bench.target(tls));
  crowd.sign_in(devices);
  const auto quiet = [&] {
    const std::int64_t end_ns = now_ns() + 1'000'000'000;
    bench.poller.run_until([&] { return now_ns() > end_ns; }, 5, "a quiet moment");
  };
  quiet();
  const auto after = bench.server().usage();
  const auto grown = [&](std::uint64_t now, std::uint64_t then) {
    return static_cast<double>(now - std::min(now, then)) / 1024.0 /
           static_cast<double>(devices.size());
  };
  bench.report.add(name, grown(after.resident_bytes(), before.resident_bytes()));
  bench.report.add(name + "_of_conclaved",
                   grown(after.server.resident_bytes, before.server.resident_bytes));
  bench.report.add("idle_sessions", static_cast<double>(devices.size()));
  bench.report.add("server_mib_without_sessions",
                   static_cast<double>(before.resident_bytes()) / 1024.0 / 1024.0);
}

}  // namespace conclave::load
