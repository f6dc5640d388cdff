#include "runtime/server/location_files.hpp"

#include <chrono>

#include "runtime/async/deadline.hpp"
#include "runtime/evidence/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::server {
namespace {

using evidence::SourceFile;
using signals::Trait;

std::vector<SourceFile> source_files(const config::Config& config) {
  const config::Location& location = config.location;
  std::vector<SourceFile> out;
  const auto add = [&](const std::vector<std::string>& texts, SourceFile::Kind kind,
                       signals::Traits traits) {
    for (const auto& text : texts)
      out.push_back({kind, config::location_file(config, text), traits});
  };
  add(location.databases, SourceFile::Kind::database, {});
  add(location.as_ranges, SourceFile::Kind::as_ranges, {});
  add(location.vpn, SourceFile::Kind::list, {Trait::vpn});
  add(location.proxy, SourceFile::Kind::list, {Trait::proxy});
  add(location.tor, SourceFile::Kind::list, {Trait::tor});
  add(location.hosting, SourceFile::Kind::list, {Trait::hosting});
  add(location.mobile, SourceFile::Kind::list, {Trait::mobile});
  add(location.carrier_nat, SourceFile::Kind::list, {Trait::carrier_nat});
  add(location.shared_egress, SourceFile::Kind::list, {Trait::shared_egress});
  add(location.satellite, SourceFile::Kind::list, {Trait::satellite});
  return out;
}

}  // namespace

LocationFiles::LocationFiles(const config::Config& config, const base::Clock& clock,
                             observe::Metrics& metrics)
    : config_(config),
      clock_(clock),
      sources_(source_files(config), clock),
      pool_("location", 1, 1) {
  for (const SourceFile& file : source_files(config)) {
    const std::string name = file.path.filename().string();
    gauges_.push_back(
        {metrics.gauge("conclave_location_file_age_seconds",
                       "Age of what is in force of a location file.", {{"file", name}}),
         metrics.gauge("conclave_location_file_error",
                       "1 while the newest version of a location file is refused.",
                       {{"file", name}})});
  }
}

LocationFiles::~LocationFiles() = default;

Task<void> LocationFiles::load() {
  if (gauges_.empty()) co_return;
  co_await async::await_callback<void>([this](Callback<void> done) {
    // Shared by the job and this refusal path: submit() destroys a job that it refuses.
    auto answer = std::make_shared<Callback<void>>(std::move(done));
    const bool queued = pool_.submit([this, answer] {
      sources_.reload();
      (*answer)(Result<void>{});
    });
    if (!queued) (*answer)(fail(base::kShuttingDown));
  });
  publish();
}

Task<void> LocationFiles::run() {
  for (const auto& status : sources_.status()) {
    if (status.error.empty()) continue;
    observe::warn("location.file_not_in_force", {{"path", status.path.string()},
                                                 {"error", status.error},
                                                 {"advice", evidence::kFileUnreadable.advice}});
  }
  const auto period = std::chrono::seconds(config_.location.reload_s);
  auto due = std::chrono::steady_clock::now() + period;
  // One-second steps, so that a stop does not wait for the period.
  while (!stopping_) {
    co_await async::sleep_for(std::chrono::seconds(1));
    if (std::chrono::steady_clock::now() < due) continue;
    co_await load();
    due = std::chrono::steady_clock::now() + period;
  }
}

void LocationFiles::publish() {
  const auto status = sources_.status();
  const std::int64_t now_s = clock_.utc_ms() / 1'000;
  for (std::size_t i = 0; i < status.size() && i < gauges_.size(); ++i) {
    gauges_[i].age.set(status[i].loaded ? static_cast<double>(now_s - status[i].built_at_s) : -1);
    gauges_[i].in_error.set(status[i].error.empty() ? 0 : 1);
  }
}

}  // namespace conclave::server
