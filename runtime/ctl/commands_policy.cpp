#include <CLI/App.hpp>
#include <memory>

#include "policies/cases/facts_text.hpp"
#include "policies/cases/table.hpp"
#include "policies/defaults/defaults.hpp"
#include "policies/engine/engine.hpp"
#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/policy_documents.hpp"
#include "runtime/ctl/shell.hpp"

// Tenant policies without a server: what a document says, what it decides, what a change does.
namespace conclave::ctl {

namespace {

struct Given {
  std::string first;   // a file, or the name of a shipped policy
  std::string second;  // of `diff`
  std::string facts;
  Newcomer newcomer;
};

Result<void> check(Shell& shell, const Given& given) {
  const auto read = load_policy(shell, given.first);
  CONCLAVE_TRY(read);
  const auto differ = policy::changes(*policy::shipped_policy(read->base), *read).size();
  shell.out() << given.first << ": valid; " << differ << " keys differ from " << read->base << '\n';
  return {};
}

Result<void> print_default(Shell& shell, const Given& given) {
  const auto* shipped = policy::shipped_policy(given.first);
  if (shipped == nullptr)
    return fail(kUsage, "shipped are open, standard, strict and minor, not " + given.first);
  shell.out() << (shell.json ? policy::write_json(*shipped)
                             : policy::write_toml(*shipped, policy::Comments::descriptions));
  return {};
}

Result<void> diff(Shell& shell, const Given& given) {
  const auto before = load_policy(shell, given.first);
  CONCLAVE_TRY(before);
  const auto after = load_policy(shell, given.second);
  CONCLAVE_TRY(after);
  print_changes(shell.out(), *before, *after);
  return {};
}

Result<policy::Facts> load_facts(Shell& shell, const std::string& file) {
  const auto text = read_file(file, kMostDocumentBytes);
  if (!text) return std::unexpected(text.error());
  const auto root = schema::parse(*text);
  if (!root) return tell(shell, {root.error()}, file);
  auto facts = policy::read_facts(*root);
  if (!facts) return tell(shell, facts.error(), file);
  return *std::move(facts);
}

void print_decision(std::ostream& out, const policy::Decision& decision,
                    policy::Language language) {
  out << "outcome: " << to_text(decision.outcome) << "   location score: " << decision.score
      << '\n';
  for (const auto& reason : decision.reasons)
    out << "  " << to_text(reason.effect) << "  " << policy::reason_text(reason) << "\n      "
        << policy::advice(reason, language) << '\n';
  for (const auto& step_up : decision.step_ups)
    out << "needed: any of " << policy::step_up_text(step_up) << '\n';
  for (const auto& method : decision.methods) out << "allowed: " << method << '\n';
  for (const auto& obligation : decision.obligations)
    out << "then: " << policy::obligation_text(obligation) << '\n';
}

Result<void> explain(Shell& shell, const Given& given) {
  const bool asks = !given.newcomer.user.empty();
  if (asks != !given.newcomer.address.empty() || asks == !given.facts.empty() ||
      given.first.empty() != given.facts.empty()) {
    return fail(kUsage,
                "explain --user U --ip ADDRESS [--device D] asks the server; "
                "explain --policy FILE --facts FILE needs none");
  }
  if (asks) return explain_on_server(shell, given.newcomer);
  const auto rules = load_policy(shell, given.first);
  CONCLAVE_TRY(rules);
  const auto facts = load_facts(shell, given.facts);
  CONCLAVE_TRY(facts);
  const auto decision = policy::decide(*facts, *rules);
  if (shell.json)
    shell.out() << schema::json_text(policy::write_decision(decision));
  else
    print_decision(
        shell.out(), decision,
        given.newcomer.language == "zh" ? policy::Language::chinese : policy::Language::english);
  return {};
}

Result<void> test(Shell& shell, const Given& given) {
  const auto text = read_file(given.first, kMostDocumentBytes);
  if (!text) return std::unexpected(text.error());
  std::expected<std::vector<policy::Case>, schema::Problems> cases;
  if (given.second.empty()) {
    cases = policy::read_table(*text, policy::shipped_policy);
  } else {
    const auto rules = load_policy(shell, given.second);
    CONCLAVE_TRY(rules);
    cases = policy::read_table(*text, *rules);
  }
  if (!cases) return tell(shell, cases.error(), given.first);
  std::size_t failed = 0;
  for (const auto& one : *cases) {
    const auto found = policy::differences(one.expected, policy::decide(one.facts, one.policy));
    if (found.empty()) continue;
    ++failed;
    shell.out() << given.first << ":" << one.line << ": " << one.name << '\n';
    for (const auto& difference : found) shell.out() << "  " << difference << '\n';
  }
  shell.out() << cases->size() - failed << " passed, " << failed << " failed\n";
  if (failed == 0) return {};
  return fail(kCasesFailed, std::to_string(failed) + " of " + std::to_string(cases->size()));
}

Result<void> print_reference(Shell& shell, const Given&) {
  shell.out() << policy::reference_page();
  return {};
}

// One entry in each list, so that every key shows.
Result<void> print_facts(Shell& shell, const Given&) {
  policy::Facts facts;
  facts.sessions.emplace_back();
  facts.passed.emplace_back();
  facts.network.listed.emplace_back();
  facts.findings.emplace_back();
  shell.out() << schema::json_text(policy::write_facts(facts));
  return {};
}

}  // namespace

void add_policy_commands(CLI::App& app, Shell& shell) {
  const auto given = std::make_shared<Given>();
  CLI::App* group = app.add_subcommand(
      "policy",
      "policies of tenants; show, plan, set, roll-back, history, changes, approve and withdraw ask "
      "the server");
  group->require_subcommand(1);
  const std::string what = "a file, or the name of a shipped policy";
  add(group, shell, "check", "says what is wrong with a policy", given, check)
      ->add_option("file", given->first, what)
      ->required();
  add(group, shell, "defaults", "prints a shipped policy with every key", given, print_default)
      ->add_option("name", given->first, "open, standard, strict or minor")
      ->required();
  add(group, shell, "reference", "prints the page of all keys", given, print_reference);
  add(group, shell, "facts", "prints facts with every key, to fill in", given, print_facts);
  CLI::App* compare = add(group, shell, "diff", "classifies a change", given, diff);
  compare->add_option("old", given->first, what)->required();
  compare->add_option("new", given->second, what)->required();
  CLI::App* decide = add(group, shell, "explain", "decides and shows all reasons", given, explain);
  decide->add_option("--policy", given->first, what + "; with --facts");
  decide->add_option("--facts", given->facts, "facts, JSON or TOML; without a server");
  Newcomer& newcomer = given->newcomer;
  decide->add_option("--user", newcomer.user, "id, local part or account; asks the server");
  decide->add_option("--ip", newcomer.address, "address that they come from");
  decide->add_option("--device", newcomer.device, "id of a device of theirs, or new (default)");
  decide->add_option("--certificate", newcomer.certificate,
                     "client certificate that they present: PEM, with what stands behind it");
  decide->add_option("--platform", newcomer.platform, "of a new device: linux, ios, ...");
  decide->add_option("--language", newcomer.language, "of the advice: en or zh")
      ->check(CLI::IsMember({"en", "zh"}));
  decide->add_option("--round-trip-ms", newcomer.round_trip_ms,
                     "least one of the client's answers");
  decide->add_option("--tcp-round-trip-ms", newcomer.tcp_round_trip_ms,
                     "least one of TCP, which ends at a relay");
  decide->add_option("--mtu", newcomer.mtu, "largest packet of the connection, bytes");
  CLI::App* cases = add(group, shell, "test", "runs a table of cases", given, test);
  cases->add_option("file", given->first, "the table")->required();
  cases->add_option("--policy", given->second, what + " (default: the table's base)");
  add_policy_server_commands(*group, shell);
  add_change_commands(*group, shell);
}

}  // namespace conclave::ctl
