#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/config/config.hpp"

// The single source of what may stand in the file; private to this folder and its tests.
namespace conclave::config {

struct IntegerRule {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

struct TextRule {
  std::size_t least_length = 1;
  std::size_t most_length = 253;
  std::vector<std::string_view> allowed;  // empty: any text
};

struct BooleanRule {};
struct PathRule {};  // relative ones start at the folder of the file
struct TextListRule {
  std::size_t most = 64;
};

using Rule = std::variant<IntegerRule, TextRule, BooleanRule, PathRule, TextListRule>;
using Value = std::variant<std::int64_t, std::string, bool, std::vector<std::string>>;

// One key of `Struct`. `set` gets a value that obeys the rule.
template <class Struct>
struct Key {
  std::string_view name;  // dotted: "limits.frame_bytes"; no dot: at the top of the file
  std::string_view unit;  // empty for none
  Rule rule;
  std::string_view description;  // one sentence
  Value (*get)(const Struct&);
  void (*set)(Struct&, const Value&);
};

struct Section {
  std::string_view name;
  std::string_view description;
};

[[nodiscard]] std::span<const Section> sections();
[[nodiscard]] std::span<const Key<Config>> keys();
[[nodiscard]] std::span<const Key<Listen>> listen_keys();  // of each [[listen]]

// "an integer from 1 to 64", for messages and the example.
[[nodiscard]] std::string allowed_text(const Rule& rule);

}  // namespace conclave::config
