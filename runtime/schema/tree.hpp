#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/schema/problems.hpp"

// A document as it was written, TOML or JSON alike, with the line of each value: what readers walk
// along their schema.
namespace conclave::schema {

struct Member;

struct Node {
  using List = std::vector<Node>;
  using Table = std::vector<Member>;  // in the order of the document, names unique
  // What no schema knows: a date, a time, JSON's null.
  struct Other {
    friend bool operator==(const Other&, const Other&) = default;
  };

  std::uint32_t line = 0;
  std::variant<Other, std::int64_t, double, bool, std::string, List, Table> value;

  [[nodiscard]] const std::int64_t* as_integer() const { return std::get_if<std::int64_t>(&value); }
  [[nodiscard]] const bool* as_boolean() const { return std::get_if<bool>(&value); }
  [[nodiscard]] const std::string* as_text() const { return std::get_if<std::string>(&value); }
  [[nodiscard]] const List* as_list() const { return std::get_if<List>(&value); }
  [[nodiscard]] const Table* as_table() const { return std::get_if<Table>(&value); }
  // A list of which each item is a table; an empty list is one.
  [[nodiscard]] bool is_list_of_tables() const;
  // The member of a table; null when this is none or has no such member.
  [[nodiscard]] const Node* find(std::string_view name) const;
};

struct Member {
  std::string name;
  Node node;
};

// The root is always a table. JSON: no comments, at most 32 levels, no name twice in an object.
[[nodiscard]] std::expected<Node, Problem> parse_toml(std::string_view text);
[[nodiscard]] std::expected<Node, Problem> parse_json(std::string_view text);
// JSON when the first character that is no blank is '{', else TOML.
[[nodiscard]] std::expected<Node, Problem> parse(std::string_view text);

// `upper` laid over `lower`: tables are merged member by member, anything else is replaced.
[[nodiscard]] Node merged(const Node& lower, const Node& upper);

// Two blanks a level; ends with a line feed. Dates become null.
[[nodiscard]] std::string json_text(const Node& node);

}  // namespace conclave::schema
