#include "runtime/ctl/policy_documents.hpp"

#include "policies/change/quorum.hpp"
#include "policies/defaults/defaults.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"

namespace conclave::ctl {

std::unexpected<Error> tell(Shell& shell, const schema::Problems& problems,
                            const std::string& file) {
  shell.err() << schema::to_text(problems, file);
  const auto count = std::to_string(problems.size());
  return fail(kDocumentWrong, count + (problems.size() == 1 ? " problem" : " problems"));
}

Result<policy::Policy> load_policy(Shell& shell, const std::string& name) {
  if (const auto* shipped = policy::shipped_policy(name)) return *shipped;
  const auto text = read_file(name, kMostDocumentBytes);
  if (!text) return std::unexpected(text.error());
  auto read = policy::parse(*text, policy::shipped_policy);
  if (!read) return tell(shell, read.error(), name);
  return *std::move(read);
}

Result<std::string> document_of(const std::string& name) {
  if (policy::shipped_policy(name) != nullptr) return "base = \"" + name + "\"\n";
  return read_file(name, kMostDocumentBytes);
}

void print_changes(std::ostream& out, const policy::Policy& before, const policy::Policy& after) {
  policy::Effect whole;
  const auto changes = policy::changes(before, after);
  for (const policy::Change& change : changes) {
    out << to_text(change.effect) << ": " << change.field->name() << ": " << change.before << " -> "
        << change.after;
    if (policy::waits(change.effect)) {
      out << " (signed by " << policy::to_text(change.field->parties) << ")";
    }
    out << '\n';
    whole |= change.effect;
  }
  out << (changes.empty() ? std::string("no change") : "as a whole: " + to_text(whole)) << '\n';
  if (policy::waits(whole)) out << "waits for signatures\n";
}

}  // namespace conclave::ctl
