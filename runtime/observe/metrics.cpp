#include "runtime/observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

namespace conclave::observe {
namespace {

std::map<std::string, std::string> label_map(Labels labels) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : labels) out.emplace(name, value);
  return out;
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildCounter()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(impl_->registry);
  Counter out;
  out.impl_ = &family.Add(label_map(labels));
  return out;
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildGauge()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(impl_->registry);
  Gauge out;
  out.impl_ = &family.Add(label_map(labels));
  return out;
}

Histogram Metrics::histogram(std::string_view name, std::string_view help,
                             std::vector<double> bounds, Labels labels) {
  auto& family = prometheus::BuildHistogram()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(impl_->registry);
  Histogram out;
  out.impl_ = &family.Add(label_map(labels), std::move(bounds));
  return out;
}

std::string Metrics::exposition() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

void Counter::add(double amount) {
  static_cast<prometheus::Counter*>(impl_)->Increment(amount);
}
void Gauge::set(double value) {
  static_cast<prometheus::Gauge*>(impl_)->Set(value);
}
void Gauge::add(double amount) {
  static_cast<prometheus::Gauge*>(impl_)->Increment(amount);
}
void Histogram::observe(double value) {
  static_cast<prometheus::Histogram*>(impl_)->Observe(value);
}

}  // namespace conclave::observe
