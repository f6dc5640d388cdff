#include <CLI/App.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "runtime/ctl/change_signing.hpp"
#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/policy_documents.hpp"

// Changes of policies on a server: what one would do, which wait, signing and withdrawing.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

const Shell::View kChanges{"changes",
                           {{"CHANGE", "change"},
                            {"STATE", "state"},
                            {"EFFECT", "effect"},
                            {"BY", "by"},
                            {"PROPOSED (UTC)", "proposed_ms"},
                            {"EXPIRES (UTC)", "expires_ms"},
                            {"SIGNED BY", "signed_by"},
                            {"MISSING", "missing"},
                            {"VERSION", "version"},
                            {"NOTE", "note"}}};
const Shell::View kChange{"",
                          {{"change", "change"},
                           {"state", "state"},
                           {"effect", "effect"},
                           {"by", "by"},
                           {"note", "note"},
                           {"proposed", "proposed_ms"},
                           {"expires", "expires_ms"},
                           {"needed", "needs"},
                           {"signed by", "signed_by"},
                           {"missing", "missing"},
                           {"closed", "closed_ms"},
                           {"closed by", "closed_by"},
                           {"version", "version"}}};

struct Given {
  std::string file;
  std::string change;
  std::uint64_t version = 0;
};

json::array list_of(const json::object& from, const char* name) {
  const json::value* value = from.if_contains(name);
  return value != nullptr && value->is_array() ? value->as_array() : json::array();
}

void print_fields_of(std::ostream& out, const json::object& shown) {
  for (const json::value& each : list_of(shown, "changes")) {
    const json::object& row = each.as_object();
    out << cell(row, "effect") << ": " << cell(row, "key") << ": " << cell(row, "before") << " -> "
        << cell(row, "after") << "  (" << cell(row, "order") << ")";
    if (cell(row, "signed_by") != "-") out << " signed by " << cell(row, "signed_by");
    out << '\n';
  }
}

void print_heads(std::ostream& out, const json::object& now, const char* name,
                 const std::string& told) {
  out << "  " << told << ": " << cell(now, std::string(name) + ".devices") << " devices of "
      << cell(now, std::string(name) + ".users") << " users\n";
}

void print_plan(std::ostream& out, const json::object& plan) {
  print_fields_of(out, plan);
  if (list_of(plan, "changes").empty()) out << "no change\n";
  out << "as a whole: " << cell(plan, "effect") << '\n';
  if (cell(plan, "waits") == "yes") {
    out << "waits for signatures: " << cell(plan, "needs") << '\n';
  } else {
    out << "holds at once\n";
  }
  const json::value* found = plan.if_contains("now");
  if (found == nullptr || !found->is_object()) return;
  const json::object& now = found->as_object();
  out << "if it held now:\n";
  print_heads(out, now, "refused", "would be refused");
  print_heads(out, now, "restricted", "would be restricted");
  print_heads(out, now, "stepped_up", "would need a second factor or an approval");
  print_heads(out, now, "eased", "would be better off");
  print_heads(out, now, "signed_in", "looked at, signed in");
  print_heads(out, now, "resting", "looked at, not signed in (their network is not known)");
  if (cell(now, "skipped") != "0")
    out << "  not looked at: " << cell(now, "skipped") << " devices\n";
  for (const json::value& each : list_of(now, "touched")) {
    const json::object& row = each.as_object();
    out << "  " << cell(row, "user") << "  " << cell(row, "device") << "  " << cell(row, "now")
        << " -> " << cell(row, "then") << "  " << cell(row, "reasons") << '\n';
  }
}

Result<void> plan(Shell& shell, const Given& given) {
  if (given.file.empty() == (given.version == 0)) {
    return fail(kUsage, "plan FILE, or plan --version N for a roll-back");
  }
  json::object body;
  if (given.version != 0) {
    body["version"] = given.version;
  } else {
    auto document = document_of(given.file);
    if (!document) return std::unexpected(document.error());
    body["document"] = *document;
  }
  const auto said = shell.call("POST", shell.in_tenant("/policy/plan"), body);
  if (!said) return std::unexpected(said.error());
  if (shell.json) {
    shell.out() << json::serialize(*said) << '\n';
  } else {
    print_plan(shell.out(), *said);
  }
  return {};
}

Result<json::object> fetched(Shell& shell, const Given& given) {
  return shell.call("GET", shell.in_tenant("/changes/" + encoded(given.change)), std::nullopt);
}

Result<void> show_changes(Shell& shell, const Given& given) {
  if (given.change.empty()) {
    auto list = shell.call("GET", shell.in_tenant("/changes"), std::nullopt);
    if (!list) return std::unexpected(list.error());
    for (json::value& each : list->at("changes").as_array()) name_signers(each.as_object());
    shell.show(*list, kChanges);
    return {};
  }
  auto change = fetched(shell, given);
  if (!change) return std::unexpected(change.error());
  name_signers(*change);
  shell.show(*change, kChange);
  if (!shell.json) print_fields_of(shell.out(), *change);
  return {};
}

Result<void> approve(Shell& shell, const Given& given) {
  const auto change = fetched(shell, given);
  if (!change) return std::unexpected(change.error());
  if (!shell.json) print_fields_of(shell.out(), *change);
  const bool asked_for = cell(*change, "change") == given.change;
  if (!asked_for) return fail(kChangeNotSigned, "it is not " + given.change);
  const auto outcome = sign_change(shell, *change, {});
  if (!outcome) return std::unexpected(outcome.error());
  print_outcome(shell, *outcome);
  return {};
}

Result<void> withdraw(Shell& shell, const Given& given) {
  auto change =
      shell.call("DELETE", shell.in_tenant("/changes/" + encoded(given.change)), std::nullopt);
  if (!change) return std::unexpected(change.error());
  name_signers(*change);
  shell.show(*change, kChange);
  return {};
}

}  // namespace

void add_change_commands(CLI::App& group, Shell& shell) {
  const auto given = std::make_shared<Given>();
  CLI::App* assessed = add(&group, shell, "plan",
                           "what a change does, whom it touches, who has to sign", given, plan);
  assessed->add_option("file", given->file, "a file, or the name of a shipped policy");
  assessed->add_option("--version", given->version, "an old version: what rolling back would do")
      ->check(CLI::PositiveNumber);
  add(&group, shell, "changes", "changes that wait for signatures, or did", given, show_changes)
      ->add_option("change", given->change, "c_…: this one, with what it does");
  CLI::App* sign = add(&group, shell, "approve", "signs a change with this device", given, approve);
  CLI::App* take = add(&group, shell, "withdraw", "takes a change back", given, withdraw);
  for (CLI::App* command : {sign, take}) {
    command->add_option("change", given->change, "c_…, from `policy changes`")->required();
  }
}

}  // namespace conclave::ctl
