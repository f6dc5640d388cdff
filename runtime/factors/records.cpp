#include "runtime/factors/records.hpp"

#include <algorithm>

#include "runtime/factors/recovery_codes.hpp"

namespace conclave::factors {

namespace {

using store::Record;
using store::RecordKind;

constexpr std::string_view kMagic = "CVR1";
constexpr std::size_t kMostSealed = 4096;
constexpr std::size_t kMostCredential = 1'023;
constexpr std::size_t kMostKey = 1'024;
constexpr std::size_t kDigest = 32;
constexpr std::size_t kSalt = 16;

base::ByteWriter begin(const Record& place) {
  base::ByteWriter out(256);
  out.raw(kMagic).u8(static_cast<std::uint8_t>(place.kind)).u64(place.tenant.value);
  out.u64(place.id).u64(place.sub).u64(place.version);
  return out;
}

// Reads the head; false when it is not the one of the row's own place.
bool head(base::ByteReader& in, const Record& record, RecordKind kind) {
  const base::ByteWriter expected = begin(record);
  const ByteView found = in.raw(expected.size());
  return in.ok() && record.kind == kind && std::ranges::equal(found, expected.bytes());
}

Bytes take(ByteView view) {
  return {view.begin(), view.end()};
}

void write(base::ByteWriter& out, const identity::SealedText& text) {
  out.u64(text.version).run(text.sealed);
}

identity::SealedText read_sealed(base::ByteReader& in) {
  identity::SealedText out;
  out.version = in.u64();
  out.sealed = take(in.run(kMostSealed));
  return out;
}

void write(base::ByteWriter& out, const Totp& totp) {
  out.u8(static_cast<std::uint8_t>(totp.form.digest));
  out.u8(static_cast<std::uint8_t>(totp.form.digits)).i64(totp.form.period_s);
  out.u64(totp.last_step);
  write(out, totp.seed);
}

void write(base::ByteWriter& out, const WebAuthn& key) {
  out.run(key.credential.credential).run(key.credential.cose).u32(key.credential.sign_count);
  out.u8(key.credential.backup_eligible ? 1 : 0).u8(static_cast<std::uint8_t>(key.attestation));
}

void write(base::ByteWriter& out, const RecoverySet& set) {
  out.run(set.salt).u8(static_cast<std::uint8_t>(set.digests.size()));
  for (const Bytes& digest : set.digests) out.run(digest);
}

bool read(base::ByteReader& in, Totp* out) {
  const std::uint8_t digest = in.u8();
  out->form.digest = static_cast<TotpDigest>(digest);
  out->form.digits = in.u8();
  out->form.period_s = in.i64();
  out->last_step = in.u64();
  out->seed = read_sealed(in);
  return digest >= 1 && digest <= 3 && out->form.digits >= 6 && out->form.digits <= 8 &&
         out->form.period_s > 0;
}

bool read(base::ByteReader& in, WebAuthn* out) {
  out->credential.credential = take(in.run(kMostCredential));
  out->credential.cose = take(in.run(kMostKey));
  out->credential.sign_count = in.u32();
  const std::uint8_t eligible = in.u8();
  out->credential.backup_eligible = eligible == 1;
  const std::uint8_t attestation = in.u8();
  out->attestation = static_cast<Attestation>(attestation);
  return eligible <= 1 && attestation >= 1 && attestation <= 3;
}

bool read(base::ByteReader& in, RecoverySet* out) {
  out->salt = take(in.run(kRecoverySalt));
  const std::size_t count = in.u8();
  if (count != kRecoveryCodes) return false;
  for (std::size_t i = 0; i < count; ++i) {
    out->digests.push_back(take(in.run(kDigest)));
    if (!out->digests.back().empty() && out->digests.back().size() != kDigest) return false;
  }
  return out->salt.size() == kRecoverySalt;
}

bool read_what(base::ByteReader& in, Factor* out) {
  switch (static_cast<Kind>(in.u8())) {
    case Kind::totp:
      return read(in, &out->what.emplace<Totp>());
    case Kind::webauthn:
      return read(in, &out->what.emplace<WebAuthn>());
    case Kind::recovery:
      return read(in, &out->what.emplace<RecoverySet>());
  }
  return false;
}

Record placed(RecordKind kind, TenantId tenant, UserId user, std::uint64_t sub,
              std::uint64_t version) {
  Record record;
  record.kind = kind;
  record.tenant = tenant;
  record.id = user.value;
  record.sub = sub;
  record.version = version;
  return record;
}

}  // namespace

policy::Factor policy_factor(Kind kind) {
  switch (kind) {
    case Kind::totp:
      return policy::Factor::totp;
    case Kind::webauthn:
      return policy::Factor::webauthn;
    case Kind::recovery:
      return policy::Factor::recovery_code;
  }
  return policy::Factor::totp;
}

std::size_t codes_left(const RecoverySet& set) {
  return static_cast<std::size_t>(
      std::ranges::count_if(set.digests, [](const Bytes& digest) { return !digest.empty(); }));
}

Record encode(const Factor& factor) {
  Record record =
      placed(RecordKind::factor, factor.tenant, factor.user, factor.id.value, factor.version);
  base::ByteWriter out = begin(record);
  out.u8(static_cast<std::uint8_t>(factor.kind()));
  std::visit([&](const auto& what) { write(out, what); }, factor.what);
  out.i64(factor.created_ms).i64(factor.used_ms);
  write(out, factor.label);
  record.content = out.take();
  return record;
}

Result<Factor> decode_factor(const Record& record) {
  base::ByteReader in(record.content);
  if (!head(in, record, RecordKind::factor)) return fail(base::kMalformed, "factor head");
  Factor out;
  out.id = FactorId{record.sub};
  out.tenant = record.tenant;
  out.user = UserId{record.id};
  out.version = record.version;
  const bool good = read_what(in, &out);
  out.created_ms = in.i64();
  out.used_ms = in.i64();
  out.label = read_sealed(in);
  if (!good || !in.done()) return fail(base::kMalformed, "factor");
  return out;
}

Record encode(const Person& person) {
  Record record = placed(RecordKind::person, person.tenant, person.user, 0, person.version);
  base::ByteWriter out = begin(record);
  out.u64(person.person).run(person.salt).run(person.digest).i64(person.linked_ms);
  record.content = out.take();
  return record;
}

Result<Person> decode_person(const Record& record) {
  base::ByteReader in(record.content);
  if (!head(in, record, RecordKind::person)) return fail(base::kMalformed, "person head");
  Person out;
  out.tenant = record.tenant;
  out.user = UserId{record.id};
  out.version = record.version;
  out.person = in.u64();
  out.salt = take(in.run(kSalt));
  out.digest = take(in.run(kDigest));
  out.linked_ms = in.i64();
  if (!in.done() || record.sub != 0 || out.person == 0 || out.salt.size() != kSalt ||
      out.digest.size() != kDigest) {
    return fail(base::kMalformed, "person");
  }
  return out;
}

}  // namespace conclave::factors
