#include "policies/cases/facts_text.hpp"

#include "policies/cases/facts_keys.hpp"

namespace conclave::policy {
namespace {

// The parts of the facts that are tables, and those that are lists of tables.
template <class AnyFacts, class Visit>
void visit_tables(AnyFacts& facts, Visit visit) {
  visit("account", facts.account);
  visit("device", facts.device);
  visit("credential", facts.credential);
  visit("approval", facts.approval);
  visit("recovery", facts.recovery);
  visit("network", facts.network);
}
template <class AnyFacts, class Visit>
void visit_lists(AnyFacts& facts, Visit visit) {
  visit("session", facts.sessions);
  visit("passed", facts.passed);
  visit("listed", facts.network.listed);
  visit("finding", facts.findings);
}

class FactsReader {
 public:
  FactsReader(Facts& facts, std::string prefix) : facts_(facts), prefix_(std::move(prefix)) {}

  void read(const schema::Node& root) {
    for (const auto& [name, node] : *root.as_table()) {
      const auto* key = schema::find_key(keys_of(facts_), name);
      if (key != nullptr)
        assign(*key, facts_, prefix_ + name, node);
      else if (!read_part(name, node))
        refuse(node, prefix_ + name, name, part_names());
    }
  }

  schema::Problems problems;

 private:
  bool read_part(const std::string& name, const schema::Node& node) {
    bool found = false;
    visit_tables(facts_, [&](std::string_view part, auto& object) {
      if (part != name) return;
      found = true;
      read_table(object, prefix_ + name, node);
    });
    visit_lists(facts_, [&](std::string_view part, auto& list) {
      if (part != name) return;
      found = true;
      read_list(list, prefix_ + name, node);
    });
    return found;
  }

  template <class Struct>
  void read_table(Struct& object, const std::string& name, const schema::Node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return problems.push_back({node.line, name, "is written as a table"});
    for (const auto& [inner, value] : *table) {
      const auto whole = name + "." + inner;
      if (const auto* key = schema::find_key(keys_of(object), inner)) {
        assign(*key, object, whole, value);
        continue;
      }
      std::vector<std::string_view> known;
      for (const auto& one : keys_of(object)) known.push_back(one.name);
      refuse(value, whole, inner, known);
    }
  }

  template <class Struct>
  void read_list(std::vector<Struct>& list, const std::string& name, const schema::Node& node) {
    if (!node.is_list_of_tables())
      return problems.push_back({node.line, name, "is written as a list of tables"});
    list.clear();
    for (const auto& item : *node.as_list())
      read_table(list.emplace_back(), name + "[" + std::to_string(list.size() - 1) + "]", item);
  }

  template <class Struct>
  void assign(const schema::Key<Struct>& key, Struct& object, const std::string& name,
              const schema::Node& node) {
    const auto value = schema::take(node, key.rule, key.unit, name, lines_, problems);
    if (value) key.set(object, *value);
    // An address has no rule of its own: what cannot be set comes back empty.
    if (value && key.name == "address" && *value != schema::Value(std::string()) &&
        key.get(object) == schema::Value(std::string()))
      problems.push_back({node.line, name, "is no IPv4 or IPv6 address"});
  }

  void refuse(const schema::Node& node, const std::string& whole, std::string_view name,
              const std::vector<std::string_view>& known) {
    schema::refuse_unknown(node, whole, name, known, "facts have no such key", problems);
  }

  std::vector<std::string_view> part_names() {
    std::vector<std::string_view> names;
    for (const auto& key : keys_of(facts_)) names.push_back(key.name);
    const auto add = [&](std::string_view part, const auto&) { names.push_back(part); };
    visit_tables(facts_, add);
    visit_lists(facts_, add);
    return names;
  }

  Facts& facts_;
  std::string prefix_;
  schema::Lines lines_;
};

template <class Struct>
schema::Node table_of(const Struct& object) {
  schema::Node::Table table;
  for (const auto& key : keys_of(object))
    table.push_back({std::string(key.name), schema::node_of(key.get(object))});
  return {0, std::move(table)};
}

}  // namespace

std::expected<Facts, schema::Problems> read_facts(const schema::Node& root,
                                                  const std::string& prefix) {
  Facts facts;
  if (root.as_table() == nullptr)
    return std::unexpected(schema::Problems{{root.line, prefix, "facts are a table"}});
  FactsReader reader(facts, prefix);
  reader.read(root);
  schema::sort(reader.problems);
  if (!reader.problems.empty()) return std::unexpected(std::move(reader.problems));
  return facts;
}

schema::Node write_facts(const Facts& facts) {
  schema::Node root = table_of(facts);
  auto& table = std::get<schema::Node::Table>(root.value);
  visit_tables(facts, [&](std::string_view name, const auto& object) {
    table.push_back({std::string(name), table_of(object)});
  });
  visit_lists(facts, [&](std::string_view name, const auto& list) {
    schema::Node::List items;
    for (const auto& object : list) items.push_back(table_of(object));
    table.push_back({std::string(name), schema::Node{0, std::move(items)}});
  });
  return root;
}

}  // namespace conclave::policy
