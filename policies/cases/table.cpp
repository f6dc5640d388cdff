#include "policies/cases/table.hpp"

#include <algorithm>
#include <optional>

#include "policies/cases/facts_text.hpp"

namespace conclave::policy {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view kRootKeys[] = {"policy", "facts", "case"};
constexpr std::string_view kCaseKeys[] = {"name", "policy", "facts", "expect"};
constexpr std::string_view kExpectKeys[] = {"outcome", "reasons",     "includes", "step_ups",
                                            "methods", "obligations", "figures",  "score"};

const schema::Node& empty_table() {
  static const schema::Node table{0, schema::Node::Table{}};
  return table;
}

const schema::Node& part(const schema::Node& node, std::string_view name) {
  const auto* found = node.find(name);
  return found == nullptr ? empty_table() : *found;
}

class CaseReader {
 public:
  CaseReader(const schema::Node& root, Policy lower) : root_(root), lower_(std::move(lower)) {}

  std::vector<Case> read() {
    std::vector<Case> out;
    known_only(root_, kRootKeys, "");
    const auto* list = root_.find("case");
    if (list == nullptr || !list->is_list_of_tables()) {
      problems.push_back({root_.line, "case", "a table holds a [[case]] for each decision"});
      return out;
    }
    schema::Lines lines;
    lay_over(lower_, part(root_, "policy"), "policy.", lines, problems);
    for (const auto& node : *list->as_list()) {
      prefix_ = "case[" + std::to_string(out.size()) + "].";
      out.push_back(read_case(node));
    }
    return out;
  }

  schema::Problems problems;

 private:
  void known_only(const schema::Node& node, std::span<const std::string_view> known,
                  const std::string& prefix) {
    const auto* table = node.as_table();
    if (table == nullptr) return problems.push_back({node.line, prefix, "is written as a table"});
    for (const auto& [name, value] : *table)
      if (std::ranges::find(known, name) == known.end())
        schema::refuse_unknown(value, prefix + name, name, known, "cases have no such key",
                               problems);
  }

  Case read_case(const schema::Node& node) {
    Case out;
    out.line = node.line;
    known_only(node, kCaseKeys, prefix_);
    const auto* name = node.find("name");
    const auto* text = name == nullptr ? nullptr : name->as_text();
    if (text == nullptr)
      problems.push_back({node.line, prefix_ + "name", "each case needs a name"});
    else
      out.name = *text;
    schema::Lines lines;
    out.policy = lower_;
    lay_over(out.policy, part(node, "policy"), prefix_ + "policy.", lines, problems);
    check_together(out.policy, lines, prefix_ + "policy.", problems);
    const auto whole = schema::merged(part(root_, "facts"), part(node, "facts"));
    auto facts = read_facts(whole, prefix_ + "facts.");
    if (facts)
      out.facts = *std::move(facts);
    else
      problems.insert(problems.end(), facts.error().begin(), facts.error().end());
    read_expected(part(node, "expect"), out.expected, node.line);
    return out;
  }

  void read_expected(const schema::Node& node, Expected& out, std::uint32_t line) {
    const auto prefix = prefix_ + "expect.";
    known_only(node, kExpectKeys, prefix);
    const auto* outcome = node.find("outcome");
    const auto* text = outcome == nullptr ? nullptr : outcome->as_text();
    const auto word = text == nullptr ? std::nullopt : parse_word<Outcome>(*text);
    if (word)
      out.outcome = *word;
    else
      problems.push_back({outcome == nullptr ? line : outcome->line, prefix + "outcome",
                          "one of \"allow\" \"step_up\" \"restrict\" \"refuse\" is needed"});
    read_texts(node, "reasons", out.reasons);
    read_texts(node, "includes", out.includes);
    read_texts(node, "step_ups", out.step_ups);
    read_texts(node, "methods", out.methods);
    read_texts(node, "obligations", out.obligations);
    read_texts(node, "figures", out.figures);
    if (const auto* score = node.find("score")) {
      if (score->as_integer() != nullptr)
        out.score = *score->as_integer();
      else
        problems.push_back({score->line, prefix + "score", "an integer from 0 to 100 is needed"});
    }
  }

  void read_texts(const schema::Node& node, std::string_view name, std::optional<Texts>& out) {
    const auto* value = node.find(name);
    if (value == nullptr) return;
    const auto texts = schema::obey(*value, schema::TextListRule{1'000, 0});
    if (texts)
      out = std::get<Texts>(*texts);
    else
      problems.push_back({value->line, prefix_ + "expect." + std::string(name),
                          texts.error() + " is not allowed; a list of texts is"});
  }

  const schema::Node& root_;
  Policy lower_;
  std::string prefix_;
};

std::expected<std::vector<Case>, schema::Problems> read_tree(const schema::Node& root,
                                                             const Policy& lower) {
  CaseReader reader(root, lower);
  auto cases = reader.read();
  schema::sort(reader.problems);
  if (!reader.problems.empty()) return std::unexpected(std::move(reader.problems));
  return cases;
}

std::string joined(Texts texts) {
  std::ranges::sort(texts);
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out.empty() ? "nothing" : out;
}

template <class Items, class Text>
Texts texts_of(const Items& items, Text text) {
  Texts out;
  for (const auto& item : items) out.push_back(text(item));
  return out;
}

void compare(Texts& out, std::string_view what, const std::optional<Texts>& expected,
             const Texts& actual) {
  if (!expected || joined(*expected) == joined(actual)) return;
  out.push_back(std::string(what) + ": expected " + joined(*expected) + "; is " + joined(actual));
}

schema::Node text_node(std::string_view text) {
  return {0, std::string(text)};
}

schema::Node reason_node(const Reason& reason) {
  schema::Node::Table table;
  table.push_back({"code", text_node(code_text(reason.code))});
  table.push_back({"effect", text_node(to_text(reason.effect))});
  table.push_back({"subject", text_node(reason.subject)});
  table.push_back({"detail", text_node(reason.detail)});
  table.push_back({"value", schema::Node{0, reason.value}});
  table.push_back({"limit", schema::Node{0, reason.limit}});
  table.push_back({"advice", text_node(advice(reason, Language::english))});
  table.push_back({"advice_zh", text_node(advice(reason, Language::chinese))});
  return {0, std::move(table)};
}

}  // namespace

std::expected<std::vector<Case>, schema::Problems> read_table(std::string_view text,
                                                              const Policy& lower) {
  const auto root = schema::parse(text);
  if (!root) return std::unexpected(schema::Problems{root.error()});
  return read_tree(*root, lower);
}

std::expected<std::vector<Case>, schema::Problems> read_table(std::string_view text,
                                                              BaseOf base_of) {
  const auto root = schema::parse(text);
  if (!root) return std::unexpected(schema::Problems{root.error()});
  const auto* base = part(*root, "policy").find("base");
  const auto* name = base == nullptr ? nullptr : base->as_text();
  const Policy standard;
  const Policy* lower = base_of(name == nullptr ? standard.base : *name);
  return read_tree(*root, lower == nullptr ? standard : *lower);
}

std::string reason_text(const Reason& reason) {
  const std::string code(code_text(reason.code));
  return reason.subject.empty() ? code : code + " " + reason.subject;
}

std::string figure_text(const Reason& reason) {
  if (reason.value == 0 && reason.limit == 0) return {};
  return std::string(code_text(reason.code)) + " " + std::to_string(reason.value) + "/" +
         std::to_string(reason.limit);
}

std::string obligation_text(const Obligation& obligation) {
  std::string out(to_text(obligation.duty));
  if (!obligation.subject.empty()) out += " " + obligation.subject;
  if (obligation.at_ms != 0) out += " " + std::to_string(obligation.at_ms);
  return out;
}

std::string step_up_text(const StepUp& step_up) {
  std::string out;
  const auto all = words(Factor{});
  for (std::size_t i = 0; i < all.size(); ++i)
    if (step_up.any_of.has(static_cast<Factor>(i)))
      out += (out.empty() ? "" : " ") + std::string(all[i]);
  if (step_up.any_of.has(Factor::primary)) out += " by " + std::string(to_text(step_up.approval));
  return out;
}

std::vector<std::string> differences(const Expected& expected, const Decision& decision) {
  Texts out;
  if (expected.outcome != decision.outcome)
    out.push_back("outcome: expected " + std::string(to_text(expected.outcome)) + "; is " +
                  std::string(to_text(decision.outcome)));
  const auto reasons = texts_of(decision.reasons, reason_text);
  compare(out, "reasons", expected.reasons, reasons);
  for (const auto& reason : expected.includes.value_or(Texts{}))
    if (std::ranges::find(reasons, reason) == reasons.end())
      out.push_back("reasons: expected " + reason + " among them; are " + joined(reasons));
  compare(out, "step_ups", expected.step_ups, texts_of(decision.step_ups, step_up_text));
  compare(out, "methods", expected.methods, decision.methods);
  compare(out, "obligations", expected.obligations,
          texts_of(decision.obligations, obligation_text));
  auto figures = texts_of(decision.reasons, figure_text);
  std::erase(figures, "");
  compare(out, "figures", expected.figures, figures);
  if (expected.score && *expected.score != decision.score)
    out.push_back("score: expected " + std::to_string(*expected.score) + "; is " +
                  std::to_string(decision.score));
  return out;
}

schema::Node write_decision(const Decision& decision) {
  const auto list = [](const Texts& texts) { return schema::node_of(schema::Value(texts)); };
  schema::Node::List reasons;
  for (const auto& reason : decision.reasons) reasons.push_back(reason_node(reason));
  schema::Node::Table table;
  table.push_back({"outcome", text_node(to_text(decision.outcome))});
  table.push_back({"score", schema::Node{0, decision.score}});
  table.push_back({"reasons", schema::Node{0, std::move(reasons)}});
  table.push_back({"step_ups", list(texts_of(decision.step_ups, step_up_text))});
  table.push_back({"methods", list(decision.methods)});
  table.push_back({"obligations", list(texts_of(decision.obligations, obligation_text))});
  return {0, std::move(table)};
}

}  // namespace conclave::policy
