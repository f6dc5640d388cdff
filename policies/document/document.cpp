#include "policies/document/document.hpp"

#include <algorithm>

#include "policies/document/field.hpp"
#include "runtime/base/assert.hpp"

namespace conclave::policy {
namespace {

bool is_section(std::string_view name) {
  return std::ranges::find(sections(), name, &Section::name) != sections().end();
}

// Walks a tree along the table of fields.
class Overlay {
 public:
  Overlay(Policy& policy, std::string prefix, schema::Lines& lines, schema::Problems& problems)
      : policy_(policy), prefix_(std::move(prefix)), lines_(lines), problems_(problems) {}

  void walk(const schema::Node::Table& table, const std::string& section) {
    for (const auto& [name, node] : table) {
      const auto whole = section.empty() ? name : section + "." + name;
      const auto* inner = node.as_table();
      if (const Field* field = find_field(whole))
        assign(*field, node);
      else if (inner != nullptr && is_section(whole))
        walk(*inner, whole);
      else
        refuse(node, whole);
    }
  }

 private:
  void assign(const Field& field, const schema::Node& node) {
    const std::string name = prefix_ + std::string(field.name());
    const auto value = schema::take(node, field.key.rule, field.key.unit, name, lines_, problems_);
    if (value) field.key.set(policy_, *value);
  }

  void refuse(const schema::Node& node, const std::string& name) {
    std::vector<std::string_view> known;
    for (const auto& field : fields()) known.push_back(field.name());
    for (const auto& section : sections()) known.push_back(section.name);
    schema::refuse_unknown(node, prefix_ + name, name, known, "docs/policy.md lists all",
                           problems_);
  }

  Policy& policy_;
  std::string prefix_;
  schema::Lines& lines_;
  schema::Problems& problems_;
};

std::string_view section_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

}  // namespace

void lay_over(Policy& policy, const schema::Node& root, const std::string& prefix,
              schema::Lines& lines, schema::Problems& problems) {
  const auto* table = root.as_table();
  if (table == nullptr) {
    problems.push_back({root.line, prefix, "a policy is a table of sections"});
    return;
  }
  Overlay(policy, prefix, lines, problems).walk(*table, "");
}

std::expected<Policy, schema::Problems> read(const schema::Node& root, BaseOf base_of,
                                             const std::string& prefix) {
  Policy policy;
  const auto* base = root.find("base");
  const auto* name = base == nullptr ? nullptr : base->as_text();
  if (const Policy* lower = base_of(name == nullptr ? policy.base : *name)) policy = *lower;
  schema::Lines lines;
  schema::Problems problems;
  lay_over(policy, root, prefix, lines, problems);
  // Contradictions are told only when every value is what its writer meant.
  if (problems.empty()) check_together(policy, lines, prefix, problems);
  schema::sort(problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return policy;
}

std::expected<Policy, schema::Problems> parse(std::string_view text, BaseOf base_of) {
  const auto root = schema::parse(text);
  if (!root) return std::unexpected(schema::Problems{root.error()});
  return read(*root, base_of);
}

std::string write_toml(const Policy& policy, Comments comments) {
  const bool told = comments == Comments::descriptions;
  std::string out;
  for (const auto& section : sections()) {
    if (told) out += "# --- " + std::string(section.description) + "\n";
    if (!section.name.empty()) out += "[" + std::string(section.name) + "]\n";
    for (const auto& field : fields()) {
      if (section_of(field.name()) != section.name) continue;
      if (told) out += "# " + std::string(field.key.description) + "\n";
      out += std::string(last_part(field.name())) + " = " +
             schema::toml_text(field.key.get(policy)) + "\n";
    }
    out += "\n";
  }
  out.pop_back();
  return out;
}

std::string write_json(const Policy& policy) {
  schema::Node root{0, schema::Node::Table{}};
  for (const auto& field : fields()) {
    schema::Node leaf{0, schema::Node::Table{}};
    std::get<schema::Node::Table>(leaf.value)
        .push_back({std::string(last_part(field.name())), schema::node_of(field.key.get(policy))});
    for (auto section = section_of(field.name()); !section.empty(); section = section_of(section)) {
      schema::Node outer{0, schema::Node::Table{}};
      std::get<schema::Node::Table>(outer.value)
          .push_back({std::string(last_part(section)), std::move(leaf)});
      leaf = std::move(outer);
    }
    root = schema::merged(root, leaf);
  }
  return schema::json_text(root);
}

}  // namespace conclave::policy
