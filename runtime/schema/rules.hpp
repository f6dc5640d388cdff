#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/schema/tree.hpp"

// What a value may be, how it is told, read and written.
namespace conclave::schema {

struct IntegerRule {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

struct TextRule {
  std::size_t least_length = 1;
  std::size_t most_length = 253;
  std::vector<std::string_view> allowed = {};  // empty: any text
};

struct BooleanRule {};
struct PathRule {};  // relative ones start at the folder of the file

struct TextListRule {
  std::size_t most = 64;
  std::size_t least = 1;
  std::vector<std::string_view> allowed = {};  // empty: any text that `fits`
  bool (*fits)(std::string_view) = nullptr;
  std::string_view form = "texts";  // what `fits` accepts, in words, plural
};

struct IntegerMapRule {
  IntegerRule number;
  std::size_t most = 64;
  std::vector<std::string_view> allowed = {};  // names; empty: any text
  std::string_view names = "names";            // what the names are, plural
};

using IntegerMap = std::map<std::string, std::int64_t, std::less<>>;
using Rule =
    std::variant<IntegerRule, TextRule, BooleanRule, PathRule, TextListRule, IntegerMapRule>;
using Value = std::variant<std::int64_t, std::string, bool, std::vector<std::string>, IntegerMap>;

// The value when the node obeys the rule; else what is wrong, as it is shown to people.
[[nodiscard]] std::expected<Value, std::string> obey(const Node& node, const Rule& rule);

// "an integer from 1 to 64", for messages and pages.
[[nodiscard]] std::string allowed_text(const Rule& rule);
// As it would stand in a TOML file.
[[nodiscard]] std::string toml_text(const Value& value);
// As a node, for JSON.
[[nodiscard]] Node node_of(const Value& value);

// obey() plus the record of the line and the problem with its key, unit and advice.
[[nodiscard]] std::optional<Value> take(const Node& node, const Rule& rule, std::string_view unit,
                                        const std::string& key, Lines& lines, Problems& problems);
// An unknown key, with the known one that was probably meant; `otherwise` when none is near.
void refuse_unknown(const Node& node, const std::string& key, std::string_view name,
                    std::span<const std::string_view> known, std::string_view otherwise,
                    Problems& problems);

}  // namespace conclave::schema
