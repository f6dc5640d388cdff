#include "runtime/schema/rules.hpp"

#include <algorithm>

#include "runtime/schema/nearest.hpp"

namespace conclave::schema {
namespace {

using Obeyed = std::expected<Value, std::string>;

std::string_view type_text(const Node& node) {
  static constexpr std::string_view kTexts[] = {"a date, a time or null",
                                                "an integer",
                                                "a number with a point",
                                                "true or false",
                                                "a text",
                                                "a list",
                                                "a table"};
  return kTexts[node.value.index()];
}

std::string shown(const Node& node) {
  if (const auto* number = node.as_integer()) return std::to_string(*number);
  if (const auto* text = node.as_text(); text != nullptr && text->size() <= 64)
    return "\"" + *text + "\"";
  return std::string(type_text(node));
}

std::unexpected<std::string> refused(const Node& node) {
  return std::unexpected(shown(node));
}

bool among(const std::vector<std::string_view>& allowed, std::string_view text) {
  return allowed.empty() || std::ranges::find(allowed, text) != allowed.end();
}

bool within(const IntegerRule& rule, std::int64_t number) {
  return number >= rule.least && number <= rule.most;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string words(const std::vector<std::string_view>& list) {
  std::string out;
  for (auto word : list) out += " \"" + std::string(word) + "\"";
  return out;
}

struct Obey {
  const Node& node;

  Obeyed operator()(const IntegerRule& rule) const {
    const auto* number = node.as_integer();
    if (number == nullptr || !within(rule, *number)) return refused(node);
    return *number;
  }
  Obeyed operator()(const TextRule& rule) const {
    const auto* text = node.as_text();
    if (text == nullptr || !among(rule.allowed, *text)) return refused(node);
    if (text->size() < rule.least_length || text->size() > rule.most_length) return refused(node);
    return *text;
  }
  Obeyed operator()(const BooleanRule&) const {
    const auto* flag = node.as_boolean();
    if (flag == nullptr) return refused(node);
    return *flag;
  }
  Obeyed operator()(const PathRule&) const {
    const auto* text = node.as_text();
    if (text == nullptr || text->find('\0') != std::string::npos) return refused(node);
    return *text;
  }
  Obeyed operator()(const TextListRule& rule) const {
    const auto* items = node.as_list();
    if (items == nullptr) return refused(node);
    if (items->size() < rule.least || items->size() > rule.most)
      return std::unexpected("a list of " + std::to_string(items->size()));
    std::vector<std::string> list;
    for (const auto& item : *items) {
      const auto* text = item.as_text();
      if (text == nullptr || text->empty() || !among(rule.allowed, *text)) return refused(item);
      if (rule.fits != nullptr && !rule.fits(*text)) return refused(item);
      list.push_back(*text);
    }
    return list;
  }
  Obeyed operator()(const IntegerMapRule& rule) const {
    const auto* members = node.as_table();
    if (members == nullptr) return refused(node);
    if (members->size() > rule.most)
      return std::unexpected("a table of " + std::to_string(members->size()));
    IntegerMap map;
    for (const auto& [name, value] : *members) {
      if (name.empty() || !among(rule.allowed, name)) return std::unexpected(in_quotes(name));
      const auto* number = value.as_integer();
      if (number == nullptr || !within(rule.number, *number))
        return std::unexpected(name + " = " + shown(value));
      map.emplace(name, *number);
    }
    return map;
  }
};

std::string integer_text(const IntegerRule& rule) {
  return "from " + std::to_string(rule.least) + " to " + std::to_string(rule.most);
}

struct Say {
  std::string operator()(const IntegerRule& rule) const {
    return "an integer " + integer_text(rule);
  }
  std::string operator()(const TextRule& text) const {
    if (!text.allowed.empty()) return "one of" + words(text.allowed);
    return "a text of " + std::to_string(text.least_length) + " to " +
           std::to_string(text.most_length) + " bytes";
  }
  std::string operator()(const BooleanRule&) const { return "true or false"; }
  std::string operator()(const PathRule&) const { return "a path in quotes"; }
  std::string operator()(const TextListRule& list) const {
    const std::string size = std::to_string(list.least) + " to " + std::to_string(list.most);
    if (!list.allowed.empty()) return "a list of" + words(list.allowed);
    return "a list of " + size + " " + std::string(list.form);
  }
  std::string operator()(const IntegerMapRule& map) const {
    const std::string what =
        map.allowed.empty() ? " " + std::string(map.names) : words(map.allowed);
    return "a table of" + what + " with integers " + integer_text(map.number);
  }
};

struct WriteToml {
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(const std::string& text) const { return in_quotes(text); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(const std::vector<std::string>& list) const {
    std::string out = "[";
    for (const auto& item : list) out += std::string(out.size() > 1 ? ", " : "") + in_quotes(item);
    return out + "]";
  }
  std::string operator()(const IntegerMap& map) const {
    std::string out = "{";
    for (const auto& [name, number] : map)
      out += std::string(out.size() > 1 ? ", " : " ") + in_quotes(name) + " = " +
             std::to_string(number);
    return out + (map.empty() ? "}" : " }");
  }
};

struct ToNode {
  template <class Plain>
  Node operator()(const Plain& plain) const {
    return Node{0, plain};
  }
  Node operator()(const std::vector<std::string>& list) const {
    Node::List items;
    for (const auto& item : list) items.push_back(Node{0, item});
    return Node{0, std::move(items)};
  }
  Node operator()(const IntegerMap& map) const {
    Node::Table members;
    for (const auto& [name, number] : map) members.push_back({name, Node{0, number}});
    return Node{0, std::move(members)};
  }
};

}  // namespace

std::expected<Value, std::string> obey(const Node& node, const Rule& rule) {
  return std::visit(Obey{node}, rule);
}

std::string allowed_text(const Rule& rule) {
  return std::visit(Say{}, rule);
}

std::string toml_text(const Value& value) {
  return std::visit(WriteToml{}, value);
}

Node node_of(const Value& value) {
  return std::visit(ToNode{}, value);
}

std::optional<Value> take(const Node& node, const Rule& rule, std::string_view unit,
                          const std::string& key, Lines& lines, Problems& problems) {
  lines.emplace(key, node.line);
  auto value = obey(node, rule);
  if (value) return *std::move(value);
  const std::string unit_text = unit.empty() ? "" : " (" + std::string(unit) + ")";
  problems.push_back(
      {node.line, key,
       value.error() + " is not allowed; " + allowed_text(rule) + " is" + unit_text});
  return std::nullopt;
}

void refuse_unknown(const Node& node, const std::string& key, std::string_view name,
                    std::span<const std::string_view> known, std::string_view otherwise,
                    Problems& problems) {
  const auto meant = nearest(name, known);
  problems.push_back(
      {node.line, key,
       "unknown key; " +
           (meant.empty() ? std::string(otherwise) : "did you mean " + std::string(meant) + "?")});
}

}  // namespace conclave::schema
