#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/config/schema.hpp"

// How a schema entry is bound to a field of Config; private to the schema's own files.
namespace conclave::config {

// A key whose value is `Inner` of the section `Outer` of the configuration.
template <auto Outer, auto Inner>
Key<Config> key(std::string_view name, std::string_view unit, schema::Rule rule,
                std::string_view description) {
  return schema::inner<Outer, Inner, Config>(name, unit, std::move(rule), description);
}

inline constexpr std::int64_t kKiB = 1024;
inline constexpr std::int64_t kMiB = 1024 * kKiB;
inline constexpr std::int64_t kGiB = 1024 * kMiB;
inline constexpr std::int64_t kMillion = 1'000'000;

// The keys by theme, each in a file of its own.
void add_general_keys(std::vector<Key<Config>>& list);
void add_limit_keys(std::vector<Key<Config>>& list);
void add_location_keys(std::vector<Key<Config>>& list);

}  // namespace conclave::config
