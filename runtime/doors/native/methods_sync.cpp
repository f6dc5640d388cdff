#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/views.hpp"

namespace conclave::doors::native {
namespace {

void append_change(JsonText& json, const chat::RoomChange& change) {
  if (is_out(change.room)) return append_left(json, change.room.room);
  json.open();
  append_room_members(json, change.room);
  append_all(json, "entries", change.entries);
  json.close();
}

void append_delta(JsonText& json, const sync::UserStateView& state) {
  json.open().field("key", state.key);
  if (!state.deleted) json.field_raw("value", state.value);
  json.field("deleted", state.deleted).close();
}

void append_state(JsonText& json, const sync::UserStateView& state) {
  json.open().field("key", state.key).field_raw("value", state.value).close();
}

}  // namespace

Task<Text> Methods::perform(Call call, protocol::SyncSince params) {
  auto page = co_await domain_.chat.feed().since(call.actor(),
                                                 {.cursor = std::move(params.cursor).value_or(""),
                                                  .limit = params.limit.value_or(kDefaultPage),
                                                  .tail = params.tail.value_or(10)});
  if (!page) co_return std::unexpected(std::move(page).error());
  JsonText json(1024);
  json.open().field("cursor", page->cursor).field("more", page->more).open_list("rooms");
  for (const chat::RoomChange& change : page->rooms) append_change(json, change);
  json.close_list().open_list("states");
  for (const sync::UserStateView& state : page->states) append_delta(json, state);
  json.close_list();
  if (page->reset) json.field("reset", true);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::StateSet params) {
  co_return empty_object(
      co_await domain_.states.set(call.actor(), std::move(params.key), std::move(params.value)));
}

Task<Text> Methods::perform(Call call, protocol::StateGet params) {
  auto state = co_await domain_.states.get(call.actor(), std::move(params.key));
  if (!state) co_return std::unexpected(std::move(state).error());
  JsonText json(128 + state->value.size());
  append_state(json, *state);
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::StateList params) {
  auto page = co_await domain_.states.list(call.actor(), std::move(params.after).value_or(""),
                                           params.limit.value_or(kDefaultPage));
  if (!page) co_return std::unexpected(std::move(page).error());
  JsonText json(1024);
  json.open().open_list("states");
  for (const sync::UserStateView& state : page->states) append_state(json, state);
  json.close_list();
  if (page->next) json.field("next", *page->next);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::StateDelete params) {
  co_return empty_object(co_await domain_.states.remove(call.actor(), std::move(params.key)));
}

Task<Text> Methods::perform(Call call, protocol::ReceiptRead params) {
  co_return empty_object(co_await domain_.chat.marks().read(call.actor(), params.room, params.seq));
}

Text Methods::perform(const Call& call, protocol::ReceiptDelivered params) {
  return empty_object(domain_.chat.marks().delivered(call.actor(), params.room, params.seq));
}

Text Methods::perform(const Call& call, protocol::ReceiptList params) {
  const auto page =
      domain_.chat.marks().list(call.actor(), params.room, params.after.value_or(UserId{}),
                                params.limit.value_or(kDefaultPage));
  if (!page) return std::unexpected(page.error());
  JsonText json(128 * (1 + page->receipts.size()));
  json.open();
  append_all(json, "receipts", page->receipts);
  if (page->next) json.field("next", *page->next);
  json.close();
  return json.take();
}

Text Methods::perform(const Call& call, protocol::TypingSet params) {
  return empty_object(domain_.chat.marks().typing(call.actor(), params.room, params.active));
}

}  // namespace conclave::doors::native
