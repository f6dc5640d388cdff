#include "runtime/ctl/change_signing.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "policies/change/proposal.hpp"
#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/table.hpp"

namespace conclave::ctl {

namespace {

namespace json = boost::json;

const Shell::View kMade{"",
                        {{"version", "version"},
                         {"effect", "effect"},
                         {"copy of", "copy_of"},
                         {"note", "note"},
                         {"change", "change"},
                         {"signed by", "signed_by"}}};

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

// What the server calls it has to be what it is: a server that was broken into could have another
// change signed than is shown.
Result<Bytes> statement_of(const json::object& change, const std::string& wanted) {
  const auto bytes = base::base64url_decode(text_of(change, "document"));
  if (!bytes) return fail(kChangeNotSigned, "no document");
  const auto proposal = policy::parse_proposal(*bytes);
  if (!proposal) return fail(kChangeNotSigned, proposal.error().detail());
  const std::string after = wanted.empty() ? text_of(change, "policy") : wanted;
  const std::string before = text_of(change, "policy_in_force");
  if (proposal->kind != policy::kPolicyKind ||
      base::to_text(proposal->change) != text_of(change, "change") ||
      proposal->new_digest != base::sha256(after) || proposal->old_digest != base::sha256(before)) {
    return fail(kChangeNotSigned, "it is another change");
  }
  const auto old_policy = policy::parse(before, policy::shipped_policy);
  const auto new_policy = policy::parse(after, policy::shipped_policy);
  if (!old_policy || !new_policy) {
    return fail(kChangeNotSigned, "the server's keys are of another version than this program's");
  }
  policy::Effect effect;
  for (const auto& each : policy::changes(*old_policy, *new_policy)) effect |= each.effect;
  if (effect != proposal->effect) {
    return fail(kChangeNotSigned, "it does something else: " + policy::to_text(effect));
  }
  const auto statement = policy::proposal_statement(*bytes);
  return Bytes(statement.begin(), statement.end());
}

Result<json::object> sign_change(Shell& shell, const json::object& change,
                                 const std::string& wanted) {
  const auto statement = statement_of(change, wanted);
  if (!statement) return std::unexpected(statement.error());
  const auto profile = load_profile(shell.home);
  if (!profile) return std::unexpected(profile.error());
  const auto key = client::DeviceKey::from_pem(profile->key_pem);
  if (!key) return std::unexpected(key.error());
  const auto signature = key->sign(*statement);
  if (!signature) return std::unexpected(signature.error());
  const std::string target =
      shell.in_tenant("/changes/" + encoded(text_of(change, "change")) + "/signature");
  return shell.call("POST", target,
                    json::object{{"signature", base::base64url_encode(*signature)}});
}

void name_signers(json::object& shown) {
  const json::value* list = shown.if_contains("signers");
  if (list == nullptr || !list->is_array()) return;
  std::string out;
  for (const json::value& each : list->as_array()) {
    if (!each.is_object()) continue;
    const json::object& signer = each.as_object();
    const bool lapsed = signer.contains("counts") && cell(signer, "counts") == "no";
    out += (out.empty() ? "" : ", ") + cell(signer, "user") + " (" +
           (lapsed ? "counts no more" : cell(signer, "parties")) + ")";
  }
  shown["signed_by"] = out;
}

void print_outcome(Shell& shell, json::object outcome) {
  if (shell.json) {
    shell.out() << json::serialize(outcome) << '\n';
    return;
  }
  name_signers(outcome);
  if (!outcome.contains("state")) return shell.show(outcome, kMade);
  const std::string id = cell(outcome, "change");
  const std::string tenant = shell.tenant == "self" ? "" : "--tenant " + shell.tenant + " ";
  shell.out() << "not in force yet: change " << id << " (" << cell(outcome, "effect")
              << ") waits for signatures until " << cell(outcome, "expires_ms") << " UTC\n"
              << "  needed:  " << cell(outcome, "needs") << '\n'
              << "  signed:  " << cell(outcome, "signed_by") << '\n'
              << "  missing: " << cell(outcome, "missing") << '\n'
              << "They sign with `conclavectl " << tenant << "policy approve " << id
              << "`; `policy withdraw " << id << "` takes it back.\n";
}

}  // namespace conclave::ctl
