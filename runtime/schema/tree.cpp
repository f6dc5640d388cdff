#include "runtime/schema/tree.hpp"

#include <algorithm>
#include <charconv>

namespace conclave::schema {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void write(std::string& out, const Node& node, std::size_t depth);

template <class Items, class WriteItem>
void write_items(std::string& out, const Items& items, std::string_view brackets, std::size_t depth,
                 WriteItem write_item) {
  out += brackets[0];
  bool first = true;
  for (const auto& item : items) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(2 * (depth + 1), ' ');
    write_item(item);
  }
  if (!first) out.append("\n").append(2 * depth, ' ');
  out += brackets[1];
}

struct Write {
  std::string& out;
  std::size_t depth;

  void operator()(Node::Other) const { out += "null"; }
  void operator()(std::int64_t number) const { out += std::to_string(number); }
  void operator()(double number) const {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    out.append(text, end);
  }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(const std::string& text) const { append_quoted(out, text); }
  void operator()(const Node::List& list) const {
    write_items(out, list, "[]", depth, [&](const Node& item) { write(out, item, depth + 1); });
  }
  void operator()(const Node::Table& table) const {
    write_items(out, table, "{}", depth, [&](const Member& member) {
      append_quoted(out, member.name);
      out += ": ";
      write(out, member.node, depth + 1);
    });
  }
};

void write(std::string& out, const Node& node, std::size_t depth) {
  std::visit(Write{out, depth}, node.value);
}

}  // namespace

bool Node::is_list_of_tables() const {
  const auto* list = as_list();
  return list != nullptr &&
         std::ranges::all_of(*list, [](const Node& item) { return item.as_table() != nullptr; });
}

const Node* Node::find(std::string_view name) const {
  const auto* table = as_table();
  if (table == nullptr) return nullptr;
  const auto found = std::ranges::find(*table, name, &Member::name);
  return found == table->end() ? nullptr : &found->node;
}

std::expected<Node, Problem> parse(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && text[first] == '{';
  return json ? parse_json(text) : parse_toml(text);
}

Node merged(const Node& lower, const Node& upper) {
  const auto* above = upper.as_table();
  if (above == nullptr || lower.as_table() == nullptr) return upper;
  Node out = lower;
  auto& table = std::get<Node::Table>(out.value);
  for (const auto& member : *above) {
    const auto found = std::ranges::find(table, member.name, &Member::name);
    if (found == table.end())
      table.push_back(member);
    else
      found->node = merged(found->node, member.node);
  }
  return out;
}

std::string json_text(const Node& node) {
  std::string out;
  write(out, node, 0);
  out += '\n';
  return out;
}

}  // namespace conclave::schema
