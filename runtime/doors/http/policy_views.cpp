#include "runtime/doors/http/policy_views.hpp"

#include <boost/json/array.hpp>

#include "runtime/base/encoding.hpp"

namespace conclave::doors::http {

namespace {

namespace json = boost::json;

json::array counted(const Context& context, const changes::Change& change) {
  json::array out;
  for (const changes::Counted& each : context.services.changes.counted(change)) {
    const rules::Approval& approval = *each.approval;
    out.push_back(json::object{{"user", person(context, approval.tenant, approval.user)},
                               {"device", base::to_text(approval.device)},
                               {"parties", names(approval.parties)},
                               {"at_ms", approval.at_ms},
                               {"counts", !each.parties.empty()},
                               {"signature", base::base64url_encode(approval.signature)}});
  }
  return out;
}

}  // namespace

std::string person(const Context& context, TenantId tenant, UserId user) {
  const auto& directory = context.services.directory;
  const identity::User* found = directory.user(tenant, user);
  return found == nullptr ? base::to_text(user) : directory.account_of(*found);
}

json::array names(policy::Parties parties) {
  json::array out;
  const policy::WordList all = policy::words(policy::Party{});
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (parties.has(static_cast<policy::Party>(i))) out.push_back(json::string(all[i]));
  }
  return out;
}

json::array signers(const Context& context, const rules::Evidence& evidence) {
  json::array out;
  for (const rules::Approval& each : evidence.approvals) {
    out.push_back(json::object{{"user", person(context, each.tenant, each.user)},
                               {"device", base::to_text(each.device)},
                               {"parties", names(each.parties)},
                               {"at_ms", each.at_ms}});
  }
  return out;
}

json::object view(const Context& context, const rules::Version& version) {
  json::object out{{"version", version.number}};
  if (version.number == 0) return out;
  out["set_ms"] = version.set_ms;
  out["by"] = person(context, version.by_tenant, version.by);
  out["effect"] = policy::to_text(version.effect);
  out["note"] = version.note;
  if (version.copy_of != 0) out["copy_of"] = version.copy_of;
  if (const auto proposal = policy::parse_proposal(version.evidence.proposal); proposal) {
    out["change"] = base::to_text(proposal->change);
    out["signers"] = signers(context, version.evidence);
  }
  return out;
}

json::array view(std::span<const policy::Change> changes) {
  json::array out;
  for (const policy::Change& each : changes) {
    out.push_back(json::object{
        {"key", each.field->name()},
        {"before", each.before},
        {"after", each.after},
        {"effect", policy::to_text(each.effect)},
        {"order", policy::order_text(each.field->order)},
        {"signed_by", policy::waits(each.effect) ? names(each.field->parties) : json::array{}}});
  }
  return out;
}

json::object view(const Context& context, const changes::Change& change, bool whole) {
  const policy::Proposal& proposal = change.proposal;
  json::object out{{"change", base::to_text(proposal.change)},
                   {"kind", proposal.kind},
                   {"state", changes::to_text(change.state)},
                   {"effect", policy::to_text(proposal.effect)},
                   {"by", person(context, proposal.by_tenant, proposal.by)},
                   {"note", change.note},
                   {"old_version", proposal.old_version},
                   {"proposed_ms", proposal.proposed_ms},
                   {"expires_ms", proposal.expires_ms},
                   {"needs", policy::to_text(proposal.quorum)},
                   {"signers", counted(context, change)}};
  if (change.copy_of != 0) out["copy_of"] = change.copy_of;
  if (change.state == changes::State::pending) {
    out["missing"] = policy::to_text(context.services.changes.missing(change));
  }
  if (change.closed_ms != 0) out["closed_ms"] = change.closed_ms;
  if (change.closed_by)
    out["closed_by"] = person(context, change.closed_by_tenant, change.closed_by);
  if (change.became != 0) out["version"] = change.became;
  if (!whole) return out;
  out["document"] = base::base64url_encode(change.evidence.proposal);
  out["policy"] = change.document;
  if (change.state != changes::State::pending) return out;
  const auto& book = context.services.rules;
  out["policy_in_force"] = book.document_in_force(proposal.tenant);
  const auto draft = book.draft(proposal.tenant, change.document, change.note);
  if (draft) out["changes"] = view(draft->changes);
  return out;
}

Answer answer_of(const Context& context, const changes::Outcome& outcome) {
  if (outcome.made) return {view(context, *outcome.made), 200};
  json::object waits = view(context, *outcome.waits, true);
  waits["advice"] =
      "Not in force yet: it weakens the policy or moves trust, so it waits for what `missing` "
      "names. "
      "Each of them signs `document` with their device (`conclavectl policy approve`).";
  return {std::move(waits), 202};
}

}  // namespace conclave::doors::http
