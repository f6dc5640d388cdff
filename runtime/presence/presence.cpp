#include "runtime/presence/presence.hpp"

#include "runtime/base/encoding.hpp"
#include "runtime/presence/core.hpp"
#include "runtime/presence/errors.hpp"

namespace conclave::presence {
namespace {

UserKey key_of(const identity::Actor& actor) {
  return {actor.tenant, actor.user};
}

Result<void> check_user(const Core& core, const identity::Actor& actor, UserId user) {
  if (user == actor.user || !core.parts.users.roles_of(actor.tenant, user) ||
      actor.roles.has(identity::Role::guest)) {
    return fail(kContactNotFound);
  }
  return {};
}

Consent consent_in(const std::map<UserId, Consent>& side, UserId user) {
  const auto found = side.find(user);
  return found == side.end() ? Consent::none : found->second;
}

}  // namespace

std::optional<Status> parse_status(std::string_view text) {
  if (text == "online") return Status::online;
  if (text == "away") return Status::away;
  if (text == "busy") return Status::busy;
  if (text == "invisible") return Status::invisible;
  return std::nullopt;
}

std::string_view to_text(Consent consent) {
  switch (consent) {
    case Consent::none:
      return "none";
    case Consent::pending:
      return "pending";
    case Consent::approved:
      return "approved";
    case Consent::denied:
      return "denied";
  }
  return "none";
}

std::string_view to_text(Direction direction) {
  return direction == Direction::outgoing ? "out" : "in";
}

Presence::Presence(Parts parts) : core_(std::make_unique<Core>(parts)) {}

Presence::~Presence() = default;

void Presence::start() {
  core_->start();
}

Task<void> Presence::stop() {
  co_await core_->stop();
}

void Presence::touch(const identity::Actor& actor) {
  core_->touch(actor);
}

void Presence::sweep_idle() {
  core_->sweep_idle();
}

Task<Result<void>> Presence::set(identity::Actor actor, Status status,
                                 std::optional<std::string> text) {
  if (text && (text->size() > core_->parts.limits.text_bytes || !base::is_utf8(*text))) {
    co_return fail(kTextTooLong);
  }
  const auto person = co_await core_->contacts.load(key_of(actor));
  if (!person) co_return std::unexpected(person.error());
  const Status before = (*person)->chosen;
  const std::string line = text.value_or((*person)->text);
  // Invisible takes effect before it is stored, and ends only after: never a moment too visible.
  if (status == Status::invisible) core_->set_status(actor, status);
  if (status != before || line != (*person)->text) {
    CONCLAVE_CO_TRY(co_await core_->contacts.set_self(key_of(actor), status, line));
  }
  core_->set_status(actor, status);
  co_return Result<void>{};
}

Task<Result<Consent>> Presence::subscribe(identity::Actor actor, UserId user) {
  if (auto good = check_user(*core_, actor, user); !good) {
    co_return std::unexpected(good.error());
  }
  const UserKey other{actor.tenant, user};
  const auto mine = co_await core_->contacts.load(key_of(actor));
  if (!mine) co_return std::unexpected(mine.error());
  const Consent known = consent_in((*mine)->watches, user);
  if (known != Consent::none) co_return known == Consent::approved ? known : Consent::pending;
  const std::size_t limit = core_->parts.limits.contacts;
  if ((*mine)->watches.size() >= limit) co_return fail(kContactLimit);
  const auto theirs = co_await core_->contacts.load(other);
  if (!theirs) co_return std::unexpected(theirs.error());
  const Consent decided = consent_in((*theirs)->watchers, actor.user);
  const bool full = (*theirs)->watchers.size() >= limit;
  core_->release(other);
  if (full) co_return fail(kContactLimit);
  // Somebody who was denied is not told so, and the other one is not asked again.
  if (decided == Consent::denied) co_return Consent::pending;
  CONCLAVE_CO_TRY(co_await core_->contacts.set(actor.tenant, actor.user, user, Consent::pending));
  core_->parts.hub.publish_to_user(sync::PresenceRequested{actor.user}, actor.tenant, user);
  co_return Consent::pending;
}

Task<Result<void>> Presence::unsubscribe(identity::Actor actor, UserId user) {
  const auto mine = co_await core_->contacts.load(key_of(actor));
  if (!mine) co_return std::unexpected(mine.error());
  if (consent_in((*mine)->watches, user) == Consent::none) co_return fail(kContactNotFound);
  CONCLAVE_CO_TRY(co_await core_->contacts.set(actor.tenant, actor.user, user, Consent::none));
  core_->unwatch(key_of(actor), user);
  co_return Result<void>{};
}

Task<Result<void>> Presence::approve(identity::Actor actor, UserId user) {
  const auto mine = co_await core_->contacts.load(key_of(actor));
  if (!mine) co_return std::unexpected(mine.error());
  if (consent_in((*mine)->watchers, user) == Consent::none) co_return fail(kContactNotFound);
  CONCLAVE_CO_TRY(co_await core_->contacts.set(actor.tenant, user, actor.user, Consent::approved));
  core_->watch({actor.tenant, user}, actor.user);
  co_return Result<void>{};
}

Task<Result<void>> Presence::deny(identity::Actor actor, UserId user) {
  const auto mine = co_await core_->contacts.load(key_of(actor));
  if (!mine) co_return std::unexpected(mine.error());
  const Consent before = consent_in((*mine)->watchers, user);
  if (before == Consent::none) co_return fail(kContactNotFound);
  if (before == Consent::approved) {
    // Taken back: from now on it looks like a request that waits.
    core_->unwatch({actor.tenant, user}, actor.user);
    CONCLAVE_CO_TRY(co_await core_->contacts.set(actor.tenant, user, actor.user, Consent::pending));
  }
  co_return co_await core_->contacts.set_incoming(actor.tenant, actor.user, user, Consent::denied);
}

Task<Result<std::vector<Contact>>> Presence::list(identity::Actor actor) {
  const auto mine = co_await core_->contacts.load(key_of(actor));
  if (!mine) co_return std::unexpected(mine.error());
  std::vector<Contact> out;
  for (const auto& [user, consent] : (*mine)->watches) {
    Contact contact{user, Direction::outgoing, consent, std::nullopt};
    if (consent == Consent::approved) contact.presence = core_->visible({actor.tenant, user});
    out.push_back(std::move(contact));
  }
  for (const auto& [user, consent] : (*mine)->watchers) {
    out.push_back({user, Direction::incoming, consent, std::nullopt});
  }
  co_return out;
}

Task<Result<std::vector<sync::PresenceState>>> Presence::get(identity::Actor actor,
                                                             std::vector<UserId> users) {
  const auto mine = co_await core_->contacts.load(key_of(actor));
  if (!mine) co_return std::unexpected(mine.error());
  std::vector<sync::PresenceState> out;
  for (const UserId user : users) {
    if (out.size() == core_->parts.limits.visible_users) break;
    const bool self = user == actor.user;
    if (self || consent_in((*mine)->watches, user) == Consent::approved) {
      out.push_back(core_->visible({actor.tenant, user}));
    }
  }
  co_return out;
}

}  // namespace conclave::presence
