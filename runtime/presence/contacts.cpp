#include "runtime/presence/contacts.hpp"

namespace conclave::presence {
namespace {

constexpr std::string_view kOut = "presence.out.";
constexpr std::string_view kIn = "presence.in.";
constexpr std::string_view kSelf = "presence.self";

// Values are one digit, and for kSelf a text after it.
char digit(std::uint8_t value) {
  return static_cast<char>('0' + value);
}

Consent consent_of(const std::string& value) {
  if (value.size() != 1 || value[0] < '1' || value[0] > '3') return Consent::none;
  return Consent{static_cast<std::uint8_t>(value[0] - '0')};
}

void take(Person& person, const sync::UserStateView& row) {
  const std::string_view key = row.key;
  for (const auto& [prefix, side] :
       {std::pair(kOut, &person.watches), std::pair(kIn, &person.watchers)}) {
    if (!key.starts_with(prefix)) continue;
    const auto user = base::parse_id<UserId>(key.substr(prefix.size()));
    const Consent consent = consent_of(row.value);
    if (user && consent != Consent::none) (*side)[*user] = consent;
  }
  if (key == kSelf && !row.value.empty() && row.value[0] >= '1' && row.value[0] <= '4') {
    person.chosen = Status{static_cast<std::uint8_t>(row.value[0] - '0')};
    person.text = row.value.substr(1);
  }
}

void put(std::map<UserId, Consent>& side, UserId user, Consent consent) {
  if (consent == Consent::none) {
    side.erase(user);
  } else {
    side[user] = consent;
  }
}

}  // namespace

Person* Contacts::find(const UserKey& key) {
  const auto found = people_.find(key);
  return found == people_.end() || !found->second.loaded ? nullptr : &found->second;
}

Task<Result<Person*>> Contacts::load(UserKey key) {
  if (Person* known = find(key)) co_return known;
  Result<std::vector<sync::UserStateView>> rows;
  std::uint64_t writes = 0;
  // Again when somebody's row was written meanwhile: it may have been this person's.
  for (int attempt = 0; attempt == 0 || (attempt < 5 && writes != writes_); ++attempt) {
    writes = writes_;
    rows = co_await states_.list_internal(key.tenant, key.user, "presence.");
    if (!rows) co_return std::unexpected(rows.error());
  }
  if (Person* known = find(key)) co_return known;
  Person& person = people_[key];
  for (const auto& row : *rows) take(person, row);
  person.loaded = true;
  co_return &person;
}

Task<Result<void>> Contacts::store_side(UserKey owner, std::string key, Consent consent) {
  std::string value;
  if (consent != Consent::none) value += digit(static_cast<std::uint8_t>(consent));
  ++writes_;
  auto stored =
      co_await states_.set_internal(owner.tenant, owner.user, std::move(key), std::move(value));
  ++writes_;
  co_return stored;
}

Task<Result<void>> Contacts::set(TenantId tenant, UserId from, UserId to, Consent consent) {
  // The watched side decides what is shown, so it is stored first when watching begins.
  CONCLAVE_CO_TRY(co_await set_incoming(tenant, to, from, consent));
  std::string key = std::string(kOut) + base::to_text(to);
  CONCLAVE_CO_TRY(co_await store_side({tenant, from}, std::move(key), consent));
  if (Person* person = find({tenant, from})) put(person->watches, to, consent);
  co_return Result<void>{};
}

Task<Result<void>> Contacts::set_incoming(TenantId tenant, UserId owner, UserId watcher,
                                          Consent consent) {
  std::string key = std::string(kIn) + base::to_text(watcher);
  CONCLAVE_CO_TRY(co_await store_side({tenant, owner}, std::move(key), consent));
  if (Person* person = find({tenant, owner})) put(person->watchers, watcher, consent);
  co_return Result<void>{};
}

Task<Result<void>> Contacts::set_self(UserKey key, Status status, std::string text) {
  const std::string value = digit(static_cast<std::uint8_t>(status)) + text;
  CONCLAVE_CO_TRY(co_await states_.set_internal(key.tenant, key.user, std::string(kSelf), value));
  if (Person* person = find(key)) {
    person->chosen = status;
    person->text = std::move(text);
  }
  co_return Result<void>{};
}

}  // namespace conclave::presence
