#include "runtime/admission/recovery.hpp"

#include <algorithm>

#include "runtime/admission/errors.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/row_form.hpp"

namespace conclave::admission {

namespace {

using identity::Actor;
using identity::RowForm;
using store::Record;
using store::RecordKind;

constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kPairMs = 86'400'000;          // two admins' word counts for a day
constexpr std::int64_t kStaleMs = 30 * 86'400'000LL;  // a wait that nobody came back to
constexpr std::size_t kMaxAdmins = 2;

Record encode(const RecoveryCase& one) {
  const RowForm form{RecordKind::recovery, one.tenant, one.user.value, 0, one.version};
  base::ByteWriter out = identity::begin_row(form);
  out.u8(static_cast<std::uint8_t>(one.path)).u8(one.objected ? 1 : 0).u8(one.closed ? 1 : 0);
  out.i64(one.begun_ms).u8(static_cast<std::uint8_t>(one.admins.size()));
  for (const UserId admin : one.admins) out.u64(admin.value);
  return identity::finish_row(form, std::move(out));
}

std::optional<RecoveryCase> decode(const Record& record) {
  base::ByteReader in(record.content);
  if (!identity::read_head(in, record, RecordKind::recovery)) return std::nullopt;
  RecoveryCase out;
  out.tenant = record.tenant;
  out.user = UserId{record.id};
  out.version = record.version;
  const std::uint8_t path = in.u8();
  out.path = static_cast<policy::Recovery>(path);
  out.objected = in.u8() != 0;
  out.closed = in.u8() != 0;
  out.begun_ms = in.i64();
  const std::uint8_t admins = in.u8();
  if (admins > kMaxAdmins) return std::nullopt;
  for (std::uint8_t i = 0; i < admins; ++i) out.admins.push_back(UserId{in.u64()});
  if (!in.done() || path >= policy::words(policy::Recovery{}).size()) return std::nullopt;
  return out;
}

}  // namespace

void Recovery::load(const identity::SoundRows& rows) {
  cases_.clear();
  for (const Record& row : rows.of(RecordKind::recovery)) {
    if (auto one = decode(row)) {
      const UserKey key{one->tenant, one->user};
      cases_.insert_or_assign(key, std::move(*one));
    } else {
      identity::tell_row_refused(row, "form");
    }
  }
}

const RecoveryCase* Recovery::open_case(TenantId tenant, UserId user) const {
  const auto found = cases_.find({tenant, user});
  if (found == cases_.end() || found->second.closed) return nullptr;
  const RecoveryCase& one = found->second;
  const std::int64_t age_ms = parts_.clock.utc_ms() - one.begun_ms;
  const bool pair = one.path == policy::Recovery::admin_pair;
  return age_ms > (pair ? kPairMs : kStaleMs) ? nullptr : &one;
}

policy::RecoveryFacts Recovery::facts(const Candidate& candidate) const {
  policy::RecoveryFacts out;
  const auto by_code = [](const Passed& one) { return one.kind == policy::Factor::recovery_code; };
  if (std::ranges::any_of(candidate.passed, by_code)) {
    out.path = policy::Recovery::recovery_code;
    return out;
  }
  const RecoveryCase* one = open_case(candidate.device.tenant, candidate.device.user);
  if (one == nullptr) return out;
  out.path = one->path;
  out.objected = one->objected;
  out.admins = static_cast<std::int64_t>(one->admins.size());
  out.age_s = std::max<std::int64_t>(0, (parts_.clock.utc_ms() - one->begun_ms) / kSecondMs);
  return out;
}

Task<Result<void>> Recovery::store(RecoveryCase changed, audit::Entry entry, std::string change) {
  const auto known = cases_.find({changed.tenant, changed.user});
  changed.version = known == cases_.end() ? 1 : known->second.version + 1;
  std::vector<Record> rows;
  rows.push_back(encode(changed));
  const TenantId tenant = changed.tenant;
  const UserId user = changed.user;
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  cases_.insert_or_assign(UserKey{tenant, user}, std::move(changed));
  parts_.hub.publish_to_user(
      sync::DeviceChanged{DeviceId{}, std::move(change), parts_.clock.utc_ms(), {}}, tenant, user);
  co_return Result<void>{};
}

Task<Result<RecoveryCase>> Recovery::begin_wait(Candidate candidate) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const identity::Device& device = candidate.device;
  if (const RecoveryCase* running = open_case(device.tenant, device.user)) co_return *running;
  RecoveryCase one;
  one.tenant = device.tenant;
  one.user = device.user;
  one.path = policy::Recovery::second_factor_wait;
  one.begun_ms = parts_.clock.utc_ms();
  audit::Entry entry{device.tenant,
                     device.user,
                     device.tenant,
                     device.id,
                     "recovery.begun",
                     base::to_text(device.user),
                     {{"address", candidate.connection.address}}};
  CONCLAVE_CO_TRY(co_await store(one, std::move(entry), "recovery_begun"));
  co_return one;
}

Task<Result<void>> Recovery::object(Actor actor) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const RecoveryCase* running = open_case(actor.tenant, actor.user);
  if (running == nullptr) co_return fail(kRecoveryUnavailable);
  RecoveryCase one = *running;
  one.objected = true;
  audit::Entry entry{actor.tenant,
                     actor.user,
                     actor.tenant,
                     actor.device,
                     "recovery.objected",
                     base::to_text(actor.user),
                     {}};
  co_return co_await store(std::move(one), std::move(entry), "recovery_objected");
}

Task<Result<RecoveryCase>> Recovery::vouch(Actor admin, TenantId tenant, UserId user) {
  if (admin.tenant != tenant || !admin.roles.has(identity::Role::user_admin)) {
    co_return fail(identity::kDenied);
  }
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  if (parts_.directory.user(tenant, user) == nullptr) co_return fail(identity::kUserNotFound);
  if (user == admin.user) co_return fail(kRecoveryUnavailable, "nobody vouches for themselves");
  const RecoveryCase* running = open_case(tenant, user);
  RecoveryCase one;
  if (running != nullptr && running->path == policy::Recovery::admin_pair) {
    one = *running;
    if (std::ranges::find(one.admins, admin.user) != one.admins.end()) co_return one;
    if (one.admins.size() >= kMaxAdmins) co_return one;
  } else {
    one.tenant = tenant;
    one.user = user;
    one.path = policy::Recovery::admin_pair;
    one.begun_ms = parts_.clock.utc_ms();
  }
  one.admins.push_back(admin.user);
  audit::Entry entry{tenant,
                     admin.user,
                     admin.tenant,
                     admin.device,
                     "recovery.vouched",
                     base::to_text(user),
                     {{"admins", std::to_string(one.admins.size())}}};
  CONCLAVE_CO_TRY(co_await store(one, std::move(entry), "recovery_begun"));
  co_return one;
}

Task<Result<void>> Recovery::close(TenantId tenant, UserId user, DeviceId device) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const RecoveryCase* running = open_case(tenant, user);
  if (running == nullptr) co_return Result<void>{};
  RecoveryCase one = *running;
  one.closed = true;
  audit::Entry entry{tenant, user, tenant, device, "recovery.used", base::to_text(user), {}};
  co_return co_await store(std::move(one), std::move(entry), "recovery_used");
}

}  // namespace conclave::admission
