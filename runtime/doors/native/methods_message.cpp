#include <charconv>

#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/views.hpp"

namespace conclave::doors::native {
namespace {

std::string receipt_text(const chat::WriteReceipt& receipt, const chat::Feed& feed) {
  JsonText json(160);
  json.open().field("room", receipt.room).field("seq", receipt.seq).field("n", receipt.n);
  json.field("ts_ms", receipt.ts_ms);
  if (receipt.pos != 0) json.field("cursor", feed.cursor_at(receipt.pos));
  json.close();
  return json.take();
}

// The position in a page token of mention.list; none when the token is not ours.
std::optional<std::uint64_t> position_of(std::string_view token) {
  std::uint64_t pos = 0;
  const auto read = std::from_chars(token.data(), token.data() + token.size(), pos);
  if (read.ec != std::errc() || read.ptr != token.data() + token.size()) return std::nullopt;
  return pos;
}

}  // namespace

Callback<chat::WriteReceipt> Methods::receipt_of(Call call) {
  return [this, call = std::move(call)](Result<chat::WriteReceipt> receipt) {
    if (!receipt) return answer_(call, std::unexpected(std::move(receipt).error()));
    answer_(call, receipt_text(*receipt, domain_.chat.feed()));
  };
}

void Methods::perform(Call call, protocol::MessageSend params) {
  const identity::Actor actor = call.actor();
  domain_.chat.messages().send(actor,
                               {.room = params.room,
                                .client_id = params.client_id,
                                .text = std::move(params.text),
                                .reply_to = params.reply_to.value_or(0),
                                .thread = params.thread.value_or(0),
                                .mentions = std::move(params.mentions),
                                .mention_all = params.mention_all.value_or(false)},
                               receipt_of(std::move(call)));
}

void Methods::perform(Call call, protocol::MessageEdit params) {
  const identity::Actor actor = call.actor();
  domain_.chat.messages().edit(actor,
                               {.room = params.room,
                                .client_id = params.client_id,
                                .target = params.target,
                                .text = std::move(params.text),
                                .mentions = std::move(params.mentions)},
                               receipt_of(std::move(call)));
}

void Methods::perform(Call call, protocol::MessageRedact params) {
  const identity::Actor actor = call.actor();
  domain_.chat.messages().redact(actor,
                                 {.room = params.room,
                                  .client_id = params.client_id,
                                  .target = params.target,
                                  .reason = std::move(params.reason).value_or("")},
                                 receipt_of(std::move(call)));
}

void Methods::react(Call call, RoomId room, std::uint64_t client_id, std::uint64_t target,
                    std::string emoji, bool active) {
  const identity::Actor actor = call.actor();
  domain_.chat.messages().react(actor,
                                {.room = room,
                                 .client_id = client_id,
                                 .target = target,
                                 .emoji = std::move(emoji),
                                 .active = active},
                                receipt_of(std::move(call)));
}

void Methods::perform(Call call, protocol::MessageReact params) {
  react(std::move(call), params.room, params.client_id, params.target, std::move(params.emoji),
        true);
}

void Methods::perform(Call call, protocol::MessageUnreact params) {
  react(std::move(call), params.room, params.client_id, params.target, std::move(params.emoji),
        false);
}

void Methods::pin(Call call, RoomId room, std::uint64_t client_id, std::uint64_t target,
                  bool active) {
  const identity::Actor actor = call.actor();
  domain_.chat.messages().pin(
      actor, {.room = room, .client_id = client_id, .target = target, .active = active},
      receipt_of(std::move(call)));
}

void Methods::perform(Call call, protocol::MessagePin params) {
  pin(std::move(call), params.room, params.client_id, params.target, true);
}

void Methods::perform(Call call, protocol::MessageUnpin params) {
  pin(std::move(call), params.room, params.client_id, params.target, false);
}

Task<Text> Methods::perform(Call call, protocol::MessageHistory params) {
  if (params.before && params.after) {
    co_return fail(protocol::kParamsInvalid, "expected before or after, not both");
  }
  chat::HistoryQuery query{.room = params.room,
                           .before = params.before,
                           .after = params.after,
                           .limit = params.limit.value_or(kDefaultPage),
                           .all_kinds = params.all_kinds.value_or(false)};
  auto page = co_await domain_.chat.messages().history(call.actor(), std::move(query));
  if (!page) co_return std::unexpected(std::move(page).error());
  JsonText json(512 * (1 + page->entries.size()));
  json.open();
  append_all(json, "entries", page->entries);
  json.field("head_seq", page->head_seq).field("first_seq", page->first_seq);
  json.field("last_seq", page->last_seq).field("more", page->more).close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::MessageAt params) {
  auto seq = co_await domain_.chat.messages().at(call.actor(), params.room,
                                                 static_cast<std::int64_t>(params.ts_ms));
  if (!seq) co_return std::unexpected(std::move(seq).error());
  JsonText json(32);
  json.open().field("seq", *seq).close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::MessageGet params) {
  auto entry = co_await domain_.chat.messages().get(call.actor(), params.room, params.seq);
  if (!entry) co_return std::unexpected(std::move(entry).error());
  JsonText json(512);
  json.open().field_raw("entry", object_of(*entry)).close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::MessageThread params) {
  auto page = co_await domain_.chat.messages().thread(call.actor(), params.room, params.root,
                                                      params.after.value_or(0),
                                                      params.limit.value_or(kDefaultPage));
  if (!page) co_return std::unexpected(std::move(page).error());
  JsonText json(512 * (1 + page->entries.size()));
  json.open();
  append_all(json, "entries", page->entries);
  if (page->next) json.field("next", *page->next);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::MessagePins params) {
  auto pins = co_await domain_.chat.messages().pins(call.actor(), params.room);
  if (!pins) co_return std::unexpected(std::move(pins).error());
  JsonText json(512 * (1 + pins->size()));
  json.open();
  append_all(json, "entries", *pins);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::MentionList params) {
  const auto after = position_of(params.after.value_or("0"));
  if (!after) co_return fail(protocol::kParamsInvalid, "after is not a page token of this method");
  auto page = co_await domain_.chat.messages().mentions(call.actor(), *after,
                                                        params.limit.value_or(kDefaultPage));
  if (!page) co_return std::unexpected(std::move(page).error());
  JsonText json(512);
  json.open().open_list("mentions");
  for (const chat::Mention& mention : page->mentions) {
    json.open().field("room", mention.room).field("seq", mention.seq);
    if (mention.entry) json.field_raw("entry", object_of(*mention.entry));
    json.close();
  }
  json.close_list();
  if (page->next) json.field("next", std::to_string(*page->next));
  json.close();
  co_return json.take();
}

}  // namespace conclave::doors::native
