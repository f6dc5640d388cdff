#include <CLI/App.hpp>
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <memory>

#include "policies/defaults/defaults.hpp"
#include "runtime/ctl/change_signing.hpp"
#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/policy_documents.hpp"

// The policy of a tenant on a server: what holds, what held, a new one.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

const Shell::View kVersions{"versions",
                            {{"VERSION", "version"},
                             {"IN FORCE", "in_force"},
                             {"SET (UTC)", "set_ms"},
                             {"BY", "by"},
                             {"EFFECT", "effect"},
                             {"COPY OF", "copy_of"},
                             {"SIGNED BY", "signed_by"},
                             {"REFUSED", "refused"},
                             {"NOTE", "note"}}};
constexpr std::uint64_t kHour_s = 3'600;

struct Given {
  std::string file;
  std::string note;
  std::uint64_t version = 0;
  std::optional<std::uint64_t> expected;
  std::uint64_t expires_h = 0;
  bool every_key = false;
  bool dry_run = false;
};

// What stands in front of the document, as comments: the output can be changed and set again.
void print_head(std::ostream& out, const json::object& shown) {
  const std::string standing = cell(shown, "standing");
  const std::string version = cell(shown, "version");
  out << "# " << cell(shown, "domain") << ": ";
  if (version != "0") {
    out << "version " << version << ", set " << cell(shown, "set_ms") << " UTC by "
        << cell(shown, "by") << (cell(shown, "in_force") == "yes" ? ", in force" : ", not in force")
        << '\n';
  } else {
    out << "the shipped policy " << cell(shown, "base") << ", in force\n";
  }
  if (standing == "refused") {
    out << "# ALARM: the newest version was refused (" << cell(shown, "why")
        << "); the shipped policy strict\n# holds until a policy is set again, and somebody may "
           "have written to the database.\n";
  }
  const std::string note = cell(shown, "note");
  if (note != "-") out << "# note: " << note << '\n';
}

Result<void> show(Shell& shell, const Given& given) {
  std::string target = shell.in_tenant("/policy");
  if (given.version != 0) target += "?version=" + std::to_string(given.version);
  const auto shown = shell.call("GET", target, std::nullopt);
  if (!shown) return std::unexpected(shown.error());
  if (shell.json) {
    shell.out() << json::serialize(*shown) << '\n';
    return {};
  }
  print_head(shell.out(), *shown);
  const json::value* text = shown->if_contains(given.every_key ? "effective" : "document");
  if (text != nullptr && text->is_string()) {
    const std::string_view document = text->as_string();
    shell.out() << document << (document.ends_with('\n') ? "" : "\n");
  }
  return {};
}

std::uint64_t number_of(const json::object& shown, const char* field) {
  const json::value* value = shown.if_contains(field);
  boost::system::error_code error;
  return value == nullptr ? 0 : value->to_number<std::uint64_t>(error);
}

// Told before the change, so that a dry run tells the same.
void print_changes_from(Shell& shell, const json::object& shown, const std::string& document) {
  const json::value* effective = shown.if_contains("effective");
  if (shell.json || effective == nullptr || !effective->is_string()) return;
  const std::string_view text = effective->as_string();
  const auto before = policy::parse(text, policy::shipped_policy);
  const auto after = policy::parse(document, policy::shipped_policy);
  // The server's keys may be newer or older than this program's; the server decides.
  if (before && after) print_changes(shell.out(), *before, *after);
}

json::object with_options(json::object body, const Given& given) {
  if (!given.note.empty()) body["note"] = given.note;
  if (given.expires_h != 0) body["lifetime_s"] = given.expires_h * kHour_s;
  return body;
}

// A change that waits gets this device's signature at once: whoever proposes it stands for it.
Result<void> carry_out(Shell& shell, const char* method, const char* target, json::object body,
                       const std::string& wanted) {
  auto outcome = shell.call(method, shell.in_tenant(target), body);
  if (!outcome) return std::unexpected(outcome.error());
  if (outcome->contains("state")) {
    auto is_signed = sign_change(shell, *outcome, wanted);
    if (!is_signed) return std::unexpected(is_signed.error());
    outcome = std::move(is_signed);
  }
  print_outcome(shell, *std::move(outcome));
  return {};
}

Result<void> set(Shell& shell, const Given& given) {
  auto document = document_of(given.file);
  if (!document) return std::unexpected(document.error());
  const auto shown = shell.call("GET", shell.in_tenant("/policy"), std::nullopt);
  if (!shown) return std::unexpected(shown.error());
  print_changes_from(shell, *shown, *document);
  if (given.dry_run) {
    auto read = policy::parse(*document, policy::shipped_policy);
    if (!read) return tell(shell, read.error(), given.file);
    return {};
  }
  const std::uint64_t expected = given.expected.value_or(number_of(*shown, "newest_version"));
  json::object body{{"document", *document}, {"expected_version", expected}};
  return carry_out(shell, "PUT", "/policy", with_options(std::move(body), given), *document);
}

Result<void> roll_back(Shell& shell, const Given& given) {
  std::uint64_t expected = given.expected.value_or(0);
  if (!given.expected) {
    const auto shown = shell.call("GET", shell.in_tenant("/policy"), std::nullopt);
    if (!shown) return std::unexpected(shown.error());
    expected = number_of(*shown, "newest_version");
  }
  json::object body{{"version", given.version}, {"expected_version", expected}};
  return carry_out(shell, "POST", "/policy/roll-back", with_options(std::move(body), given), {});
}

Result<void> history(Shell& shell, const Given&) {
  auto list = shell.call("GET", shell.in_tenant("/policy/versions"), std::nullopt);
  if (!list) return std::unexpected(list.error());
  for (json::value& each : list->at("versions").as_array()) name_signers(each.as_object());
  shell.show(*list, kVersions);
  return {};
}

void print_explained(std::ostream& out, const json::object& said) {
  out << "outcome: " << cell(said, "outcome") << "   location score: " << cell(said, "score")
      << "   policy: "
      << (cell(said, "policy.version") == "0" ? "the shipped " + cell(said, "policy.base")
                                              : "version " + cell(said, "policy.version"))
      << (cell(said, "policy.standing") == "refused" ? " (REFUSED: strict holds)" : "") << '\n';
  if (cell(said, "certificate.verdict") != "-") {
    out << "client certificate: " << cell(said, "certificate.verdict") << '\n';
  }
  const auto list = [&](const char* name) {
    const json::value* value = said.if_contains(name);
    return value != nullptr && value->is_array() ? value->as_array() : json::array();
  };
  for (const json::value& one : list("reasons")) {
    const json::object& reason = one.as_object();
    out << "  " << cell(reason, "effect") << "  " << cell(reason, "code");
    if (cell(reason, "subject") != "-") out << "(" << cell(reason, "subject") << ")";
    out << "\n      " << cell(reason, "advice") << '\n';
  }
  for (const json::value& one : list("needed")) {
    out << "needed: any of " << cell(one.as_object(), "any_of") << '\n';
  }
  if (cell(said, "methods") != "-") out << "allowed: " << cell(said, "methods") << '\n';
  for (const json::value& one : list("then")) {
    const json::object& duty = one.as_object();
    out << "then: " << cell(duty, "duty");
    if (cell(duty, "subject") != "-") out << " " << cell(duty, "subject");
    if (cell(duty, "at_ms") != "-") out << " at " << cell(duty, "at_ms") << " UTC";
    out << '\n';
  }
}

}  // namespace

Result<void> explain_on_server(Shell& shell, const Newcomer& newcomer) {
  json::object body{{"user", newcomer.user},
                    {"device", newcomer.device},
                    {"address", newcomer.address},
                    {"language", newcomer.language}};
  if (!newcomer.platform.empty()) body["platform"] = newcomer.platform;
  if (newcomer.tcp_round_trip_ms != 0) body["tcp_round_trip_ms"] = newcomer.tcp_round_trip_ms;
  if (newcomer.round_trip_ms != 0) body["round_trip_ms"] = newcomer.round_trip_ms;
  if (newcomer.mtu != 0) body["mtu"] = newcomer.mtu;
  if (!newcomer.certificate.empty()) {
    auto chain = read_file(newcomer.certificate, kMostDocumentBytes);
    if (!chain) return std::unexpected(chain.error());
    body["certificate"] = *std::move(chain);
  }
  const auto said = shell.call("POST", shell.in_tenant("/policy/explain"), body);
  if (!said) return std::unexpected(said.error());
  if (shell.json) {
    shell.out() << json::serialize(*said) << '\n';
  } else {
    print_explained(shell.out(), *said);
  }
  return {};
}

void add_policy_server_commands(CLI::App& group, Shell& shell) {
  const auto given = std::make_shared<Given>();
  CLI::App* shown = add(&group, shell, "show", "what holds for a tenant", given, show);
  shown->add_option("--version", given->version, "an old version instead")
      ->check(CLI::PositiveNumber);
  shown->add_flag("--every-key", given->every_key, "with the keys that the document leaves out");
  CLI::App* made =
      add(&group, shell, "set", "sets a tenant's policy; what weakens it waits", given, set);
  made->add_option("file", given->file, "a file, or the name of a shipped policy")->required();
  made->add_flag("--dry-run", given->dry_run, "only tells what would change");
  CLI::App* back =
      add(&group, shell, "roll-back", "sets an old version's document again", given, roll_back);
  back->add_option("version", given->version, "number, from `policy history`")
      ->required()
      ->check(CLI::PositiveNumber);
  for (CLI::App* command : {made, back}) {
    command->add_option("--note", given->note, "why, for the history");
    command->add_option("--expect", given->expected,
                        "the version that it replaces; refused when there is a newer one");
    command
        ->add_option("--expires", given->expires_h,
                     "hours that a change may wait for signatures (default 168)")
        ->check(CLI::Range(1, 720));
  }
  add(&group, shell, "history", "versions, newest first", given, history);
}

}  // namespace conclave::ctl
