#include "runtime/observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace conclave::observe {
namespace {

using testing::HasSubstr;

TEST(Metrics, exposition_holds_every_kind) {
  Metrics metrics;
  Counter counter = metrics.counter("conclave_things_total", "Things.", {{"kind", "a"}});
  counter.add();
  counter.add(2);
  metrics.gauge("conclave_level", "Level.").set(4);
  metrics.histogram("conclave_wait_seconds", "Wait.", {0.1, 1}).observe(0.5);
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("conclave_things_total{kind=\"a\"} 3"));
  EXPECT_THAT(text, HasSubstr("conclave_level 4"));
  EXPECT_THAT(text, HasSubstr("conclave_wait_seconds_bucket{le=\"1\"} 1"));
  EXPECT_THAT(text, HasSubstr("conclave_wait_seconds_bucket{le=\"0.1\"} 0"));
}

TEST(Metrics, the_same_name_and_labels_are_one_series) {
  Metrics metrics;
  metrics.counter("conclave_once_total", "Once.").add();
  metrics.counter("conclave_once_total", "Once.").add();
  EXPECT_THAT(metrics.exposition(), HasSubstr("conclave_once_total 2"));
}

}  // namespace
}  // namespace conclave::observe
