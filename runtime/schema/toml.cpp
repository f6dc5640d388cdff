#include <toml++/toml.h>

#include "runtime/schema/tree.hpp"

namespace conclave::schema {
namespace {

Node node_of(const toml::node& source) {
  Node out;
  out.line = source.source().begin.line;
  if (const auto* table = source.as_table()) {
    Node::Table members;
    for (const auto& [name, inner] : *table)
      members.push_back({std::string(name.str()), node_of(inner)});
    out.value = std::move(members);
  } else if (const auto* array = source.as_array()) {
    Node::List items;
    for (const auto& inner : *array) items.push_back(node_of(inner));
    out.value = std::move(items);
  } else if (const auto* text = source.as_string()) {
    out.value = text->get();
  } else if (const auto* integer = source.as_integer()) {
    out.value = integer->get();
  } else if (const auto* number = source.as_floating_point()) {
    out.value = number->get();
  } else if (const auto* flag = source.as_boolean()) {
    out.value = flag->get();
  }
  return out;
}

}  // namespace

std::expected<Node, Problem> parse_toml(std::string_view text) {
  try {
    return node_of(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return std::unexpected(
        Problem{error.source().begin.line, "", std::string(error.description())});
  }
}

}  // namespace conclave::schema
