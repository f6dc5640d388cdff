#pragma once

#include <memory>
#include <vector>

#include "runtime/async/blocking_pool.hpp"
#include "runtime/async/task.hpp"
#include "runtime/config/config.hpp"
#include "runtime/evidence/sources.hpp"
#include "runtime/observe/metrics.hpp"

namespace conclave::server {

// The files that addresses are looked up in, read on a thread of their own: once before the doors
// open, then whenever they have changed. One that is missing or damaged is a warning with advice,
// never the end of the server; its last good state stays in force. On the shard's thread.
class LocationFiles {
 public:
  LocationFiles(const config::Config& config, const base::Clock& clock, observe::Metrics& metrics);
  ~LocationFiles();

  // Seconds with databases of cities.
  [[nodiscard]] Task<void> load();
  // Loads again every location.reload_s until stop().
  [[nodiscard]] Task<void> run();
  void stop() { stopping_ = true; }
  // Ends the thread; blocks until a load that is under way has ended.
  void join() { pool_.stop(); }

  [[nodiscard]] const evidence::Sources& sources() const { return sources_; }

 private:
  struct Gauges {
    observe::Gauge age;
    observe::Gauge in_error;
  };
  void publish();

  const config::Config& config_;
  const base::Clock& clock_;
  evidence::Sources sources_;
  async::BlockingPool pool_;
  std::vector<Gauges> gauges_;  // in the order of sources_.status()
  bool stopping_ = false;
};

}  // namespace conclave::server
