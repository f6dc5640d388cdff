#include "runtime/factors/persons.hpp"

#include <algorithm>

#include "runtime/factors/errors.hpp"
#include "runtime/factors/records.hpp"
#include "runtime/factors/recovery_codes.hpp"
#include "runtime/identity/errors.hpp"

namespace conclave::factors {

using identity::Actor;
using store::RecordKind;

namespace {

constexpr std::size_t kSaltBytes = 16;

}  // namespace

void Persons::load(const identity::SoundRows& rows) {
  persons_.clear();
  damaged_.clear();
  for (const store::Record& row : rows.of(RecordKind::person)) {
    auto person = decode_person(row);
    if (person) {
      put(std::move(*person));
      continue;
    }
    identity::tell_row_refused(row, person.error().text());
    damaged_[{row.tenant, UserId{row.id}}] = true;
  }
  for (const identity::UnsoundRow& row : rows.unsound(RecordKind::person)) {
    damaged_[{row.row.tenant, UserId{row.row.id}}] = true;
  }
}

const Person* Persons::find(const Owner& owner) const {
  const auto found = persons_.find(owner);
  return found == persons_.end() ? nullptr : &found->second;
}

bool Persons::linked(TenantId tenant, UserId user) const {
  return find({tenant, user}) != nullptr;
}

void Persons::put(Person person) {
  persons_.insert_or_assign(Owner{person.tenant, person.user}, std::move(person));
}

Task<Result<Bytes>> Persons::mac(std::uint64_t person, Bytes salt, base::Secret password) {
  auto hashed = co_await parts_.passwords.stretch(std::move(salt), std::move(password));
  if (!hashed) co_return std::unexpected(hashed.error());
  auto& keys = parts_.keys;
  co_return co_await async::await_callback<Bytes>([&keys, person, &hashed](Callback<Bytes> done) {
    keys.reuse_mac(person, std::move(*hashed), std::move(done));
  });
}

Task<Result<Bytes>> Persons::digest(TenantId tenant, UserId user, base::Secret password) {
  if (damaged_.contains({tenant, user})) {
    co_return fail(identity::kRowRefused, "links of " + base::to_text(user));
  }
  const Person* found = find({tenant, user});
  if (found == nullptr) co_return Bytes{};
  co_return co_await mac(found->person, found->salt, std::move(password));
}

bool Persons::elsewhere(TenantId tenant, UserId user, const Bytes& digest) const {
  const Person* own = find({tenant, user});
  if (own == nullptr || digest.empty()) return false;
  bool found = false;
  for (const auto& [owner, other] : persons_) {
    const bool same = other.person == own->person && owner != Owner{tenant, user};
    // Every one is looked at, so that the time says nothing about which it was.
    if (same && base::equal_in_constant_time(other.digest, digest)) found = true;
  }
  return found;
}

std::optional<Person> Persons::changed(TenantId tenant, UserId user, const Bytes& digest) const {
  const Person* own = find({tenant, user});
  if (own == nullptr || digest.empty()) return std::nullopt;
  Person out = *own;
  out.digest = digest;
  ++out.version;
  return out;
}

void Persons::tidy() {
  const std::int64_t now_ms = parts_.clock.monotonic_ms();
  std::erase_if(offers_, [&](const auto& each) { return each.second.expires_ms <= now_ms; });
  while (offers_.size() >= parts_.limits.codes) {
    offers_.erase(std::ranges::min_element(
        offers_, {}, [](const auto& each) { return each.second.expires_ms; }));
  }
}

Task<Result<LinkCode>> Persons::link_code(Actor actor, base::Secret password) {
  const Owner owner{actor.tenant, actor.user};
  CONCLAVE_CO_TRY(parts_.writer.usable());
  if (damaged_.contains(owner)) co_return fail(identity::kRowRefused);
  CONCLAVE_CO_TRY(co_await parts_.account.check_password(actor, base::Secret(password.view())));
  Offer offer;
  const Person* own = find(owner);
  offer.person.tenant = actor.tenant;
  offer.person.user = actor.user;
  offer.person.person = own == nullptr ? parts_.random.id_value() : own->person;
  offer.person.salt = own == nullptr ? parts_.random.bytes(kSaltBytes) : own->salt;
  const identity::Credential* credential = parts_.directory.credential(actor.tenant, actor.user);
  offer.credential = credential == nullptr ? 0 : credential->version;
  auto made = co_await mac(offer.person.person, offer.person.salt, std::move(password));
  if (!made) co_return std::unexpected(made.error());
  offer.person.digest = std::move(*made);
  LinkCode out;
  out.code = make_recovery_code(parts_.random);
  out.expires_ms = parts_.clock.utc_ms() + parts_.limits.code_ms;
  offer.code = base::sha256(clean_recovery_code(out.code));
  offer.expires_ms = parts_.clock.monotonic_ms() + parts_.limits.code_ms;
  tidy();
  offers_.insert_or_assign(owner, std::move(offer));
  co_return out;
}

Result<Persons::Offer> Persons::take_offer(const Actor& actor, const std::string& code) {
  tidy();
  const base::Sha256 given = base::sha256(clean_recovery_code(code));
  auto found = offers_.end();
  for (auto each = offers_.begin(); each != offers_.end(); ++each) {
    if (base::equal_in_constant_time(each->second.code, given)) found = each;
  }
  if (found == offers_.end()) return fail(kLinkRefused);
  Offer offer = found->second;
  if (offer.person.tenant == actor.tenant) return fail(kLinkSame);
  const Person* own = find({actor.tenant, actor.user});
  if (own != nullptr && own->person != offer.person.person) return fail(kLinkConflict);
  offers_.erase(found);
  const auto* credential = parts_.directory.credential(offer.person.tenant, offer.person.user);
  const bool same_password = credential != nullptr && credential->version == offer.credential;
  if (!same_password || !parts_.directory.active(offer.person.tenant, offer.person.user)) {
    return fail(kLinkRefused);
  }
  return offer;
}

std::uint64_t Persons::next_version(const Owner& owner) const {
  const Person* own = find(owner);
  return own == nullptr ? 1 : own->version + 1;
}

Task<Result<void>> Persons::store(Person person, DeviceId device) {
  // The entry stands in the trail of the account's own tenant and does not name the other one.
  audit::Entry entry{person.tenant,
                     person.user,
                     person.tenant,
                     device,
                     "account.linked",
                     base::to_text(person.user),
                     {}};
  std::vector<store::Record> rows;
  rows.push_back(encode(person));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  put(std::move(person));
  co_return Result<void>{};
}

Task<Result<bool>> Persons::link(Actor actor, std::string code, base::Secret password) {
  const Owner owner{actor.tenant, actor.user};
  if (damaged_.contains(owner)) co_return fail(identity::kRowRefused);
  CONCLAVE_CO_TRY(co_await parts_.account.check_password(actor, base::Secret(password.view())));
  auto offer = take_offer(actor, code);
  if (!offer) co_return std::unexpected(offer.error());
  Person own = offer->person;
  own.tenant = actor.tenant;
  own.user = actor.user;
  auto made = co_await mac(own.person, own.salt, std::move(password));
  if (!made) co_return std::unexpected(made.error());
  own.digest = std::move(*made);

  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  if (!parts_.directory.active(actor.tenant, actor.user)) co_return fail(kLinkRefused);
  Person other = std::move(offer->person);
  const Person* known = find({other.tenant, other.user});
  if (known != nullptr && known->person != other.person) co_return fail(kLinkRefused);
  const std::int64_t now_ms = parts_.clock.utc_ms();
  other.linked_ms = known == nullptr ? now_ms : known->linked_ms;
  other.version = next_version({other.tenant, other.user});
  own.linked_ms = now_ms;
  own.version = next_version(owner);
  const bool same = base::equal_in_constant_time(own.digest, other.digest);
  // One trail each. A row that stands alone, when the second write fails, links nothing.
  CONCLAVE_CO_TRY(co_await store(std::move(other), {}));
  CONCLAVE_CO_TRY(co_await store(std::move(own), actor.device));
  co_return same;
}

Task<Result<void>> Persons::unlink(Actor actor) {
  const Owner owner{actor.tenant, actor.user};
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  if (find(owner) == nullptr) co_return Result<void>{};
  audit::Entry entry{actor.tenant,
                     actor.user,
                     actor.tenant,
                     actor.device,
                     "account.unlinked",
                     base::to_text(actor.user),
                     {}};
  store::Transaction more;
  take_along(actor.tenant, actor.user, &more);
  CONCLAVE_CO_TRY(co_await parts_.writer.write({}, std::move(more), std::move(entry)));
  persons_.erase(owner);
  co_return Result<void>{};
}

void Persons::take_along(TenantId tenant, UserId user, store::Transaction* more) const {
  if (find({tenant, user}) == nullptr) return;
  more->push_back(store::DeleteRecord{RecordKind::person, tenant, user.value, 0});
}

void Persons::gone(TenantId tenant, UserId user) {
  persons_.erase({tenant, user});
  offers_.erase({tenant, user});
}

}  // namespace conclave::factors
