#include "tests/load/bench.hpp"

namespace conclave::load {

Server& Bench::server() {
  if (!server_) {
    server_ = std::make_unique<Server>(options.programs, options.folder);
    server_->start();
  }
  return *server_;
}

Population& Bench::population() {
  if (!population_) {
    Server& running = server();
    population_ = std::make_unique<Population>(running.plain_port(), running.setup_secret());
  }
  return *population_;
}

std::vector<Device*> Bench::devices(std::size_t people, std::size_t nth, std::string_view tenant) {
  population().grow(tenant, people);
  std::vector<Device*> out;
  for (std::size_t person = 0; person < people; ++person) {
    auto& device = devices_[{std::string(tenant), person, nth}];
    if (!device) device = std::make_unique<Device>(Population::new_device(tenant, person));
    out.push_back(device.get());
  }
  return out;
}

Target Bench::target(bool tls) {
  Target out;
  out.port = tls ? server().tls_port() : server().plain_port();
  if (tls) {
    if (!tls_) tls_ = make_client_context();
    out.tls = tls_.get();
  }
  return out;
}

void Bench::restart_server() {
  server().stop();
  server().start();
  population().moved_to(server().plain_port());
}

Stretch Bench::measure(const std::function<double()>& count,
                       const std::function<Server::Parts()>& usage,
                       const std::function<std::int64_t()>& step) {
  constexpr std::int64_t kWaitNs = 5'000'000;
  const auto run = [&](double seconds) {
    const std::int64_t end_ns = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (now_ns() < end_ns) poller.round(step ? step() : kWaitNs);
  };
  run(options.seconds / 5);
  const std::int64_t began_ns = now_ns();
  const double count_before = count();
  const Server::Parts before = usage();
  const double own_before = own_usage().cpu_s;
  run(options.seconds);
  Stretch out;
  out.wall_s = static_cast<double>(now_ns() - began_ns) / 1e9;
  out.count = count() - count_before;
  const Server::Parts after = usage();
  out.server_cpu_s = after.cpu_s() - before.cpu_s();
  out.keyd_cpu_s = after.keyd.cpu_s - before.keyd.cpu_s;
  out.generator_cpu_s = own_usage().cpu_s - own_before;
  if (out.count <= 0) throw Failure("nothing was done during a run");
  return out;
}

void Bench::report_rate(const std::string& name, const std::string& unit, const Stretch& stretch) {
  report.add(name + (unit.empty() ? "" : "_" + unit) + "_per_s", stretch.per_s());
  report.add(name + "_cpu_us", stretch.cpu_us());
  report.add(name + "_generator_share", stretch.generator_share());
}

}  // namespace conclave::load
