#include "runtime/whereabouts/consents.hpp"

#include <algorithm>

#include "runtime/base/bytes.hpp"

namespace conclave::whereabouts {
namespace {

constexpr std::string_view kMagic = "CVR1";
constexpr std::uint64_t kLocationSlot = 1;  // `sub`: what the consent is about

base::ByteWriter head_of(const store::Record& place) {
  base::ByteWriter out(96);
  out.raw(kMagic).u8(static_cast<std::uint8_t>(place.kind)).u64(place.tenant.value);
  out.u64(place.id).u64(place.sub).u64(place.version);
  return out;
}

}  // namespace

store::Record encode(TenantId tenant, UserId user, const Consent& consent) {
  store::Record record;
  record.kind = store::RecordKind::consent;
  record.tenant = tenant;
  record.id = user.value;
  record.sub = kLocationSlot;
  record.version = consent.version;
  base::ByteWriter out = head_of(record);
  out.u8(consent.given ? 1 : 0).i64(consent.at_ms).run(consent.text);
  record.content = out.take();
  return record;
}

Result<Consent> decode_consent(const store::Record& record) {
  const Bytes head = head_of(record).take();
  base::ByteReader in(record.content);
  const ByteView found = in.raw(head.size());
  if (!in.ok() || record.sub != kLocationSlot || !std::ranges::equal(found, head))
    return fail(base::kMalformed, "consent head");
  Consent out;
  const std::uint8_t given = in.u8();
  out.given = given == 1;
  out.at_ms = in.i64();
  out.text = std::string(in.text(Consents::kTextBytes));
  out.version = record.version;
  if (!in.done() || given > 1) return fail(base::kMalformed, "consent");
  return out;
}

void Consents::load(const identity::SoundRows& rows) {
  consents_.clear();
  for (const store::Record& row : rows.of(store::RecordKind::consent)) {
    auto consent = decode_consent(row);
    if (!consent) {
      identity::tell_row_refused(row, "form");
      continue;
    }
    consents_[{row.tenant, UserId{row.id}}] = *std::move(consent);
  }
  // The next version stands above what was refused, so that a new consent is taken.
  for (const identity::UnsoundRow& unsound : rows.unsound(store::RecordKind::consent)) {
    Consent none;
    none.version = unsound.row.version;
    consents_[{unsound.row.tenant, UserId{unsound.row.id}}] = none;
  }
}

Consent Consents::of(TenantId tenant, UserId user) const {
  const auto found = consents_.find({tenant, user});
  return found == consents_.end() ? Consent{} : found->second;
}

Task<Result<Consent>> Consents::set(identity::Actor actor, bool given, std::string text) {
  auto pass = co_await writer_.enter();
  if (!pass) co_return std::unexpected(pass.error());
  Consent next{given, std::move(text), clock_.utc_ms(), of(actor.tenant, actor.user).version + 1};
  audit::Entry entry{actor.tenant,
                     actor.user,
                     actor.tenant,
                     actor.device,
                     given ? "consent.location_given" : "consent.location_withdrawn",
                     base::to_text(actor.user),
                     {{"text", next.text}}};
  std::vector<store::Record> rows;
  rows.push_back(encode(actor.tenant, actor.user, next));
  CONCLAVE_CO_TRY(co_await writer_.write(std::move(rows), {}, std::move(entry)));
  consents_[{actor.tenant, actor.user}] = next;
  co_return next;
}

}  // namespace conclave::whereabouts
