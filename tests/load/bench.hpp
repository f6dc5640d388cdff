#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "tests/load/crowd.hpp"
#include "tests/load/options.hpp"
#include "tests/load/poller.hpp"
#include "tests/load/population.hpp"
#include "tests/load/report.hpp"
#include "tests/load/server.hpp"

namespace conclave::load {

// What was done in a stretch of time, and at what price.
struct Stretch {
  double wall_s = 0;
  double count = 0;
  double server_cpu_s = 0;
  double keyd_cpu_s = 0;
  double generator_cpu_s = 0;
  [[nodiscard]] double per_s() const { return count / wall_s; }
  // Processor time of the server's processes, microseconds for one.
  [[nodiscard]] double cpu_us() const { return server_cpu_s * 1e6 / count; }
  [[nodiscard]] double generator_share() const { return generator_cpu_s / wall_s; }
};

// Everything that scenarios share. The server is started when the first of them asks for it.
class Bench {
 public:
  explicit Bench(Options the_options) : options(std::move(the_options)) {}

  [[nodiscard]] Server& server();
  [[nodiscard]] Population& population();
  // The nth device of the first `people` persons of a tenant; made, not yet enrolled, when new.
  [[nodiscard]] std::vector<Device*> devices(std::size_t people, std::size_t nth = 0,
                                             std::string_view tenant = kOpenTenant);
  [[nodiscard]] Target target(bool tls);
  // Ends the server, keeps its state; the next scenario starts it again.
  void restart_server();

  // Rounds of the poller for a warm-up and then for the length of a run. `step`, when given, is
  // called before each round and says how long the round may wait.
  [[nodiscard]] Stretch measure(const std::function<double()>& count,
                                const std::function<Server::Parts()>& usage,
                                const std::function<std::int64_t()>& step = {});
  // Rate, cost and the generator's share, as NAME_UNIT_per_s, NAME_cpu_us and NAME_generator_share.
  void report_rate(const std::string& name, const std::string& unit, const Stretch& stretch);

  Options options;
  Report report;
  Poller poller;

 private:
  std::unique_ptr<Server> server_;
  std::unique_ptr<Population> population_;
  std::map<std::tuple<std::string, std::size_t, std::size_t>, std::unique_ptr<Device>> devices_;
  SslContext tls_;
};

// The scenarios; each adds its figures to the report.
void measure_floors(Bench& bench);
void measure_chat(Bench& bench, bool tls);
void measure_chat_latency(Bench& bench, bool tls);
void measure_rooms(Bench& bench, bool tls);
void measure_sign_in(Bench& bench, bool tls);
void measure_policy(Bench& bench);
void measure_handshakes(Bench& bench);
void measure_history(Bench& bench);
void measure_idle(Bench& bench, bool tls);

}  // namespace conclave::load
