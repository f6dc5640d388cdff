// Engine: catching up, events, and what waits to be sent.
#include <boost/asio/post.hpp>

#include "sdk/client/engine.hpp"
#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

constexpr std::size_t kMostHeldEvents = 4096;
constexpr std::int64_t kHistoryPage = 200;

std::string string_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

bool true_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

json::array take_array(json::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) return {};
  return std::move(value->as_array());
}

}  // namespace

void Client::Engine::begin_sync() {
  if (!options_.catch_up) return finish_sync();
  set_state(State::syncing);
  next_page();
}

void Client::Engine::next_page() {
  json::object params{{"limit", 100}, {"tail", options_.sync_tail}};
  if (!cursor_.empty()) params["cursor"] = cursor_;
  request("sync.since", params, [this](Result<json::object> page) {
    if (!transport_) return;
    if (!page) return retry(page.error(), page.error().retry_after_ms());
    on_page(std::move(*page));
  });
}

void Client::Engine::on_page(json::object page) {
  page_cursor_ = string_at(page, "cursor");
  page_more_ = true_at(page, "more");
  if (true_at(page, "reset")) {
    feed_.reset();
    listener_.on_reset();
  }
  for (auto& room : take_array(page, "rooms")) {
    if (room.is_object()) on_page_room(std::move(room.as_object()));
  }
  for (const auto& state : take_array(page, "states")) {
    const auto* object = state.if_object();
    if (object == nullptr) continue;
    const auto* value = object->if_contains("value");
    const bool gone = true_at(*object, "deleted") || value == nullptr;
    listener_.on_state_value(string_at(*object, "key"), gone ? json::value() : *value);
  }
  fill_next_gap();
}

void Client::Engine::on_page_room(json::object room) {
  const std::string id = string_at(room, "room");
  if (true_at(room, "left")) {
    feed_.forget(id);
    return listener_.on_room_left(id);
  }
  const std::int64_t first_seq = number_at(room, "first_seq");
  auto news = feed_.take(id, take_array(room, "entries"), first_seq);
  if (string_at(room, "state") == "joined") feed_.reached(id, number_at(room, "head_seq"));
  room.erase("entries");
  room.erase("first_seq");
  news.profile = std::move(room);
  if (!news.gap || !options_.fill_gaps) return deliver(news);
  const auto gap = *std::exchange(news.gap, std::nullopt);
  filling_.push_back({std::move(news), gap.after, gap.before});
}

void Client::Engine::fill_next_gap() {
  if (filling_.empty()) return finish_page();
  const auto& filling = filling_.front();
  // All kinds: edits, redactions and reactions of what the program has already are news as well.
  request("message.history",
          {{"room", filling.news.room},
           {"after", filling.after},
           {"limit", kHistoryPage},
           {"all_kinds", true}},
          [this](Result<json::object> page) {
            if (!transport_) return;
            if (page) return on_gap_page(*page);
            // Left the room meanwhile: there is nothing to read any more. All else is retried.
            if (page.error().kind() != ErrorKind::not_found) {
              return retry(page.error(), page.error().retry_after_ms());
            }
            deliver(filling_.front().news);
            filling_.pop_front();
            fill_next_gap();
          });
}

void Client::Engine::on_gap_page(const json::object& page) {
  auto& filling = filling_.front();
  RoomNews missing;
  missing.room = filling.news.room;
  const auto* entries = page.if_contains("entries");
  if (entries != nullptr && entries->is_array()) {
    for (const auto& entry : entries->as_array()) {
      const auto* object = entry.if_object();
      const std::int64_t seq = object != nullptr ? number_at(*object, "seq") : 0;
      if (seq > filling.after && seq < filling.before) missing.entries.push_back(entry);
    }
  }
  if (!missing.entries.empty()) deliver(missing);
  const std::int64_t last = number_at(page, "last_seq");
  const bool end = !true_at(page, "more") || last <= filling.after || last + 1 >= filling.before;
  filling.after = std::max(filling.after, last);
  if (end) {
    deliver(filling.news);
    filling_.pop_front();
  }
  fill_next_gap();
}

void Client::Engine::finish_page() {
  if (!page_cursor_.empty()) cursor_ = page_cursor_;
  dirty_ = true;
  if (page_more_) return next_page();
  finish_sync();
}

void Client::Engine::finish_sync() {
  set_state(State::online);
  auto held = std::exchange(held_events_, {});
  for (auto& [method, params] : held) on_log_event(method, std::move(params));
  send_from_outbox();
}

void Client::Engine::on_event(std::string_view method, json::object params) {
  if (method == "session.hello") return on_hello(params);
  if (!signed_in_) return protocol_error("an event before sign-in");
  if (method == "device.order") {
    const auto accepted = accept_order(params);
    return accepted ? obey() : listener_.on_trouble(accepted.error());
  }
  if (method == "sync.lagged") {
    held_events_.clear();
    return begin_sync();
  }
  if (method == "server.draining") drain_wait_ms_ = number_at(params, "reconnect_in_ms");
  const bool log = params.contains("cursor");
  if (!log || !options_.catch_up) return listener_.on_event(method, params);
  bool live = false;
  {
    const std::lock_guard lock(mutex_);
    live = state_ == State::online;
  }
  if (live) return on_log_event(method, std::move(params));
  if (held_events_.size() < kMostHeldEvents) {
    held_events_.emplace_back(method, std::move(params));
  }
  // What does not fit shows as a gap in front of the next event, and is read then.
}

void Client::Engine::on_log_event(std::string_view method, json::object params) {
  if (const auto cursor = string_at(params, "cursor"); !cursor.empty()) {
    cursor_ = cursor;
    dirty_ = true;
  }
  if (method == "room.entries") {
    const std::string room = string_at(params, "room");
    const std::int64_t known = feed_.head(room);
    auto news = feed_.take(room, take_array(params, "entries"), 0);
    news.live = true;
    if (!news.gap || !options_.fill_gaps) return deliver(news);
    // Cannot happen with a correct server; reading the log is right whatever the reason.
    const auto gap = *std::exchange(news.gap, std::nullopt);
    page_more_ = false;
    page_cursor_.clear();
    filling_.push_back({std::move(news), known, gap.before});
    set_state(State::syncing);
    return fill_next_gap();
  }
  if (method == "state.changed") {
    const auto* value = params.if_contains("value");
    const bool gone = true_at(params, "deleted") || value == nullptr;
    return listener_.on_state_value(string_at(params, "key"), gone ? json::value() : *value);
  }
  if (method == "room.updated" && true_at(params, "left")) {
    const std::string room = string_at(params, "room");
    feed_.forget(room);
    return listener_.on_room_left(room);
  }
  listener_.on_event(method, params);
}

void Client::Engine::deliver(const RoomNews& news) {
  dirty_ = true;
  if (news.entries.empty() && !news.profile) return;
  listener_.on_room(news);
}

Result<std::int64_t> Client::Engine::send(std::string_view room, json::object params,
                                          std::string_view method) {
  params["room"] = room;
  std::promise<Result<std::int64_t>> promise;
  auto added = promise.get_future();
  boost::asio::post(io_, [&, this] {
    if (order_ || wiped_) return promise.set_value(fail(kWiped));
    auto id = outbox_.add(std::string(method), std::move(params));
    // On disk before it is on its way: after a crash it is sent again under the same number.
    if (id) {
      if (auto saved = save_progress(); !saved) {
        outbox_.settle(*id);
        id = std::unexpected(std::move(saved).error());
      }
    }
    promise.set_value(std::move(id));
    send_from_outbox();
  });
  return added.get();
}

void Client::Engine::send_from_outbox() {
  if (!signed_in_ || outbox_paused_) return;
  while (const auto* item = outbox_.next()) {
    request(item->method, item->params, [this, id = item->client_id](Result<json::object> answer) {
      on_outbox_answer(id, std::move(answer));
    });
  }
}

void Client::Engine::on_outbox_answer(std::int64_t client_id, Result<json::object> answer) {
  if (!answer) {
    const Error& error = answer.error();
    if (error.is(kConnectionLost)) return;  // goes again after the next sign-in
    const bool later = error.kind() == ErrorKind::limited || error.kind() == ErrorKind::unavailable;
    if (later && transport_) {
      outbox_.give_back(client_id);
      if (std::exchange(outbox_paused_, true)) return;
      const auto wait = std::max<std::int64_t>(error.retry_after_ms(), options_.backoff_first_ms);
      pause_timer_.expires_after(std::chrono::milliseconds(wait));
      pause_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        outbox_paused_ = false;
        send_from_outbox();
      });
      return;
    }
  }
  auto method = outbox_.settle(client_id);
  if (!method) return;
  keep_progress();
  listener_.on_sent({client_id, std::move(*method), std::move(answer)});
  send_from_outbox();
}

void Client::Engine::keep_progress() {
  if (const auto saved = save_progress(); !saved) listener_.on_trouble(saved.error());
}

Progress Client::Engine::progress() const {
  return {cursor_, outbox_.next_client_id(), feed_.heads(), outbox_.stored()};
}

Result<void> Client::Engine::save_progress() {
  if (order_ || wiped_) {
    dirty_ = false;
    return {};
  }
  {
    const std::lock_guard lock(mutex_);
    unsent_ = outbox_.size();
  }
  auto saved = home_.save_progress(progress());
  dirty_ = !saved;
  return saved;
}

}  // namespace conclave::client
