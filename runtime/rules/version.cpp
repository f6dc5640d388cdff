#include "runtime/rules/version.hpp"

#include <algorithm>

#include "runtime/rules/errors.hpp"

namespace conclave::rules {

namespace {

constexpr std::string_view kMagic = "CVR1";
constexpr std::size_t kMaxSealed = kMaxDocument + kMaxNote + 256;
base::ByteWriter head_of(const store::Record& place) {
  base::ByteWriter out(512);
  out.raw(kMagic).u8(static_cast<std::uint8_t>(place.kind)).u64(place.tenant.value);
  out.u64(place.id).u64(place.sub).u64(place.version);
  return out;
}

}  // namespace

Bytes texts_of(const Version& version) {
  base::ByteWriter out(version.document.size() + version.note.size() + 8);
  return out.run(version.note).run(version.document).take();
}

Result<void> read_texts(ByteView texts, Version* version) {
  base::ByteReader in(texts);
  version->note = std::string(in.text(kMaxNote));
  version->document = std::string(in.text(kMaxDocument));
  if (!in.done()) return fail(base::kMalformed, "policy texts");
  return {};
}

Result<void> check_evidence(const Version& version) {
  if (!policy::waits(version.effect)) return {};
  const auto proposal = verified(version.evidence);
  if (!proposal) return std::unexpected(proposal.error());
  const bool same = proposal->kind == policy::kPolicyKind && proposal->tenant == version.tenant &&
                    proposal->effect == version.effect && proposal->by == version.by &&
                    proposal->by_tenant == version.by_tenant &&
                    proposal->new_digest == base::sha256(version.document);
  // It replaced the version that the signers saw; numbers leave gaps where a row was refused.
  if (!same || proposal->old_version >= version.number) {
    return fail(kChangeUnsigned, "signed was another change");
  }
  if (version.set_ms >= proposal->expires_ms) return fail(kChangeUnsigned, "expired");
  return {};
}

store::Record encode(const SealedVersion& sealed) {
  const Version& version = sealed.version;
  store::Record record;
  record.kind = store::RecordKind::policy;
  record.tenant = version.tenant;
  record.id = kPolicySlot;
  record.sub = version.number;
  record.version = kRowVersion;
  base::ByteWriter out = head_of(record);
  out.i64(version.set_ms).u64(version.by.value).u64(version.by_tenant.value);
  out.u64(version.copy_of).u8(policy::bits_of(version.effect));
  write(out, version.evidence);
  out.run(sealed.texts);
  record.content = out.take();
  return record;
}

Result<SealedVersion> decode(const store::Record& record) {
  const bool place = record.kind == store::RecordKind::policy && record.id == kPolicySlot &&
                     record.sub != 0 && record.version == kRowVersion;
  const Bytes head = head_of(record).take();
  base::ByteReader in(record.content);
  const ByteView found = in.raw(head.size());
  if (!place || !in.ok() || !std::ranges::equal(found, head)) {
    return fail(base::kMalformed, "policy head");
  }
  SealedVersion out;
  Version& version = out.version;
  version.tenant = record.tenant;
  version.number = record.sub;
  version.set_ms = in.i64();
  version.by = UserId{in.u64()};
  version.by_tenant = TenantId{in.u64()};
  version.copy_of = in.u64();
  const auto effect = policy::effect_of_bits(in.u8());
  auto evidence = read_evidence(in);
  const ByteView texts = in.run(kMaxSealed);
  out.texts.assign(texts.begin(), texts.end());
  if (!in.done() || !effect || !evidence) return fail(base::kMalformed, "policy");
  version.effect = *effect;
  version.evidence = *std::move(evidence);
  return out;
}

}  // namespace conclave::rules
