#include "runtime/changes/change.hpp"

#include "runtime/identity/row_form.hpp"
#include "runtime/rules/version.hpp"

namespace conclave::changes {

namespace {

using identity::RowForm;
using store::RecordKind;

constexpr std::size_t kMaxSealed = rules::kMaxDocument + rules::kMaxNote + 256;

}  // namespace

std::string_view to_text(State state) {
  switch (state) {
    case State::pending:
      return "pending";
    case State::effective:
      return "effective";
    case State::withdrawn:
      return "withdrawn";
    case State::expired:
      return "expired";
    case State::superseded:
      return "superseded";
  }
  return "unknown";
}

Bytes texts_of(const Change& change) {
  base::ByteWriter out(change.document.size() + change.note.size() + 8);
  return out.run(change.note).run(change.document).take();
}

Result<void> read_texts(ByteView texts, Change* change) {
  base::ByteReader in(texts);
  change->note = std::string(in.text(rules::kMaxNote));
  change->document = std::string(in.text(rules::kMaxDocument));
  if (!in.done() || base::sha256(change->document) != change->proposal.new_digest) {
    return fail(base::kMalformed, "texts of a change");
  }
  return {};
}

store::Record encode(const SealedChange& sealed) {
  const Change& change = sealed.change;
  const RowForm form{RecordKind::change, change.proposal.tenant, change.proposal.change.value, 0,
                     change.version};
  base::ByteWriter out = identity::begin_row(form);
  rules::write(out, change.evidence);
  out.u64(change.copy_of).u8(static_cast<std::uint8_t>(change.state)).i64(change.closed_ms);
  out.u64(change.closed_by.value).u64(change.closed_by_tenant.value).u64(change.became);
  out.run(sealed.texts);
  return identity::finish_row(form, std::move(out));
}

Result<SealedChange> decode_change(const store::Record& record) {
  base::ByteReader in(record.content);
  if (!identity::read_head(in, record, RecordKind::change)) {
    return fail(base::kMalformed, "change head");
  }
  SealedChange out;
  Change& change = out.change;
  auto evidence = rules::read_evidence(in);
  change.copy_of = in.u64();
  const std::uint8_t state = in.u8();
  change.state = State{state};
  change.closed_ms = in.i64();
  change.closed_by.value = in.u64();
  change.closed_by_tenant.value = in.u64();
  change.became = in.u64();
  const ByteView texts = in.run(kMaxSealed);
  out.texts.assign(texts.begin(), texts.end());
  change.version = record.version;
  if (!in.done() || !evidence || state < 1 ||
      state > static_cast<std::uint8_t>(State::superseded)) {
    return fail(base::kMalformed, "change");
  }
  auto proposal = policy::parse_proposal(evidence->proposal);
  if (!proposal || proposal->kind != policy::kPolicyKind || proposal->tenant != record.tenant ||
      proposal->change.value != record.id || record.sub != 0) {
    return fail(base::kMalformed, "proposal of a change");
  }
  change.proposal = *std::move(proposal);
  change.evidence = *std::move(evidence);
  return out;
}

}  // namespace conclave::changes
