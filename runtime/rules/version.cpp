#include "runtime/rules/version.hpp"

#include <algorithm>

namespace conclave::rules {

namespace {

constexpr std::string_view kMagic = "CVR1";
constexpr std::size_t kMaxSealed = kMaxDocument + kMaxNote + 256;
constexpr std::uint8_t kTightens = 1;
constexpr std::uint8_t kWeakens = 2;
constexpr std::uint8_t kMovesTrust = 4;
constexpr std::uint8_t kAllEffects = kTightens | kWeakens | kMovesTrust;

std::uint8_t bits(const policy::Effect& effect) {
  return static_cast<std::uint8_t>((effect.tightens ? kTightens : 0) |
                                   (effect.weakens ? kWeakens : 0) |
                                   (effect.moves_trust ? kMovesTrust : 0));
}

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
  out.u64(version.copy_of).u8(bits(version.effect)).run(sealed.texts);
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
  const std::uint8_t effect = in.u8();
  version.effect = {(effect & kTightens) != 0, (effect & kWeakens) != 0,
                    (effect & kMovesTrust) != 0};
  const ByteView texts = in.run(kMaxSealed);
  out.texts.assign(texts.begin(), texts.end());
  if (!in.done() || effect > kAllEffects) return fail(base::kMalformed, "policy");
  return out;
}

}  // namespace conclave::rules
