#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/views.hpp"

namespace conclave::doors::native {
namespace {

Text user_text(Result<identity::UserView> user) {
  if (!user) return std::unexpected(std::move(user).error());
  return object_of(*user);
}

presence::Status status_of(protocol::ChosenStatus status) {
  switch (status) {
    case protocol::ChosenStatus::online:
      return presence::Status::online;
    case protocol::ChosenStatus::away:
      return presence::Status::away;
    case protocol::ChosenStatus::busy:
      return presence::Status::busy;
    case protocol::ChosenStatus::invisible:
      return presence::Status::invisible;
  }
  return presence::Status::online;
}

}  // namespace

Task<Text> Methods::perform(Call call, protocol::UserMe) {
  const identity::Actor actor = call.actor();
  auto user = co_await domain_.account.me(actor);
  if (!user) co_return std::unexpected(std::move(user).error());
  JsonText json(256);
  json.open().field("user", user->user).field("tenant", actor.tenant).field("device", actor.device);
  json.field("account", user->account).field("display_name", user->display_name);
  append_items(json, "roles", identity::role_names(user->roles));
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::UserGet params) {
  if (params.user.has_value() == params.account.has_value()) {
    co_return fail(protocol::kParamsInvalid, "expected exactly one of user and account");
  }
  if (params.user) co_return user_text(co_await domain_.account.get(call.actor(), *params.user));
  co_return user_text(
      co_await domain_.account.get_by_account(call.actor(), std::move(*params.account)));
}

Task<Text> Methods::perform(Call call, protocol::UserSearch params) {
  auto users = co_await domain_.account.search(call.actor(), std::move(params.query),
                                               params.limit.value_or(kDefaultPage));
  if (!users) co_return std::unexpected(std::move(users).error());
  JsonText json(1024);
  json.open();
  append_all(json, "users", *users);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::UserSetProfile params) {
  co_return user_text(
      co_await domain_.account.set_profile(call.actor(), std::move(params.display_name)));
}

Task<Text> Methods::perform(Call call, protocol::UserSetPassword params) {
  auto warnings = co_await domain_.account.set_password(call.actor(), std::move(params.old),
                                                        std::move(params.new_));
  if (!warnings) co_return std::unexpected(std::move(warnings).error());
  domain_.doorkeeper.account_changed(call.actor().tenant, call.actor().user);
  JsonText json(64);
  json.open();
  if (!warnings->empty()) append_items(json, "warnings", *warnings);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::PresenceSet params) {
  co_return empty_object(co_await domain_.presence.set(call.actor(), status_of(params.status),
                                                       std::move(params.text)));
}

Task<Text> Methods::perform(Call call, protocol::PresenceSubscribe params) {
  auto consent = co_await domain_.presence.subscribe(call.actor(), params.user);
  if (!consent) co_return std::unexpected(std::move(consent).error());
  JsonText json(32);
  json.open().field("state", presence::to_text(*consent)).close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::PresenceUnsubscribe params) {
  co_return empty_object(co_await domain_.presence.unsubscribe(call.actor(), params.user));
}

Task<Text> Methods::perform(Call call, protocol::PresenceApprove params) {
  co_return empty_object(co_await domain_.presence.approve(call.actor(), params.user));
}

Task<Text> Methods::perform(Call call, protocol::PresenceDeny params) {
  co_return empty_object(co_await domain_.presence.deny(call.actor(), params.user));
}

Task<Text> Methods::perform(Call call, protocol::PresenceList) {
  auto contacts = co_await domain_.presence.list(call.actor());
  if (!contacts) co_return std::unexpected(std::move(contacts).error());
  JsonText json(1024);
  json.open();
  append_all(json, "contacts", *contacts);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::PresenceGet params) {
  auto presences = co_await domain_.presence.get(call.actor(), std::move(params.users));
  if (!presences) co_return std::unexpected(std::move(presences).error());
  JsonText json(1024);
  json.open();
  append_all(json, "presences", *presences);
  json.close();
  co_return json.take();
}

}  // namespace conclave::doors::native
