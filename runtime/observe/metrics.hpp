#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Prometheus metrics. Each is declared beside the code that moves it, as a member of the object
// that owns the behaviour; labels are few and never hold a user, a room or an address.
namespace conclave::observe {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Handles are cheap to copy and valid as long as the Metrics they came from. Any thread.
class Counter {
 public:
  void add(double amount = 1.0);

 private:
  friend class Metrics;
  void* impl_ = nullptr;
};

class Gauge {
 public:
  void set(double value);
  void add(double amount);

 private:
  friend class Metrics;
  void* impl_ = nullptr;
};

class Histogram {
 public:
  // Seconds for times, bytes for sizes, as the metric's name says.
  void observe(double value);

 private:
  friend class Metrics;
  void* impl_ = nullptr;
};

// The registry of one process. Names follow Prometheus: conclave_<thing>_<unit>[_total].
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  [[nodiscard]] Counter counter(std::string_view name, std::string_view help, Labels labels = {});
  [[nodiscard]] Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
  [[nodiscard]] Histogram histogram(std::string_view name, std::string_view help,
                                    std::vector<double> bounds, Labels labels = {});

  // The text exposition format, version 0.0.4.
  [[nodiscard]] std::string exposition() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace conclave::observe
