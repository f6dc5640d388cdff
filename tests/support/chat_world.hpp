#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>
#include <vector>

#include "runtime/async/task_group.hpp"
#include "runtime/chat/chat.hpp"
#include "runtime/observe/metrics.hpp"
#include "tests/support/fake_key_service.hpp"
#include "tests/support/memory_store.hpp"

namespace conclave::testing {

// Turned by hand.
class TestClock : public base::Clock {
 public:
  std::int64_t utc = 1'800'000'000'000;
  std::int64_t monotonic = 1'000;
  [[nodiscard]] std::int64_t utc_ms() const override { return utc; }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return monotonic; }
};

// The same numbers in every run.
class SeededRandom : public base::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(next());
  }
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

class TestDirectory : public sync::UserDirectory {
 public:
  std::map<std::pair<TenantId, UserId>, identity::RoleSet> users;
  [[nodiscard]] std::optional<identity::RoleSet> roles_of(TenantId tenant,
                                                          UserId user) const override {
    const auto found = users.find({tenant, user});
    if (found == users.end()) return std::nullopt;
    return found->second;
  }
  std::set<UserId> gone;
  [[nodiscard]] bool erased(TenantId, UserId user) const override { return gone.contains(user); }
};

// Keeps what each session was sent.
class TestDoor : public sync::EventDoor {
 public:
  std::map<SessionId, std::vector<sync::Event>> sent;
  std::size_t deliveries = 0;
  void deliver(const sync::Event& event, std::span<sync::Subscriber* const> receivers) override {
    ++deliveries;
    for (sync::Subscriber* each : receivers) sent[each->actor.session].push_back(event);
  }
  void disconnect(sync::Subscriber& subscriber, std::uint16_t, std::string_view) override {
    disconnected.insert(subscriber.actor.session);
  }
  std::set<SessionId> disconnected;

  template <class Event>
  [[nodiscard]] std::vector<Event> of(const identity::Actor& actor) {
    std::vector<Event> out;
    for (const auto& event : sent[actor.session]) {
      if (const auto* each = std::get_if<Event>(&event)) out.push_back(*each);
    }
    return out;
  }
};

template <class T>
Task<void> keep_answer(Task<T> task, std::shared_ptr<std::optional<T>> out) {
  *out = co_await std::move(task);
}

// One shard: the chat domain over a store and a token in memory.
class ChatWorld {
 public:
  static constexpr TenantId kTenant{1};

  explicit ChatWorld(std::uint64_t seed = 1, chat::Limits given = {})
      : random(seed), limits(given), tasks(context.get_executor()) {
    boot();
  }
  ~ChatWorld() {
    store.hold = false;
    store.release_all();
    keys.broken = nullptr;
    shut_down();
    tasks.close([] {});
    run();
  }

  // A new process over what the store holds.
  void boot() {
    metrics = std::make_unique<observe::Metrics>();
    hub = std::make_unique<sync::Hub>();
    ledger = std::make_unique<sync::Ledger>(store, context.get_executor());
    states = std::make_unique<sync::UserStates>(
        sync::UserStates::Parts{store, keys, *ledger, *hub, clock});
    eraser = std::make_unique<erasure::KeyEraser>(
        erasure::KeyEraser::Parts{store, keys, clock, *metrics});
    eraser->start(store.snapshot());
    auto snapshot = std::make_shared<const store::Snapshot>(store.snapshot());
    ledger->start(*snapshot);
    chat = std::make_unique<chat::Chat>(chat::Parts{store, keys, *hub, *ledger, *states, *eraser,
                                                    directory, clock, random, *metrics,
                                                    context.get_executor(), limits, gate});
    const auto started = wait(chat->start(snapshot));
    ASSERT_TRUE(started) << started.error().text();
  }
  void shut_down() {
    if (!chat) return;
    for (const SessionId session : sessions) hub->close(session);
    sessions.clear();
    auto done = std::make_shared<bool>(false);
    tasks.spawn(stop_chat(done));
    while (!*done) step();
    chat.reset();
    eraser.reset();
    states.reset();
    ledger.reset();
    hub.reset();
  }
  void restart() {
    shut_down();
    keys.forget_refs();
    boot();
  }

  identity::Actor person(std::uint64_t user, identity::RoleSet roles = {identity::Role::member},
                         TenantId tenant = kTenant) {
    directory.users[{tenant, UserId{user}}] = roles;
    return sign_in(user, ++next_device_, roles, tenant);
  }
  identity::Actor sign_in(std::uint64_t user, std::uint64_t device,
                          identity::RoleSet roles = {identity::Role::member},
                          TenantId tenant = kTenant) {
    const identity::Actor actor{tenant, UserId{user}, DeviceId{device}, SessionId{++next_session_},
                                roles};
    hub->open(actor, door, nullptr);
    sessions.insert(actor.session);
    run();
    return actor;
  }
  void sign_out(const identity::Actor& actor) {
    hub->close(actor.session);
    sessions.erase(actor.session);
  }

  // Everything that is ready.
  void run() {
    context.restart();
    context.poll();
  }
  // One wait for a timer or an answer.
  void step() {
    context.restart();
    context.run_one_for(std::chrono::seconds(20));
  }
  template <class T>
  T wait(Task<T> task) {
    auto out = std::make_shared<std::optional<T>>();
    tasks.spawn(keep_answer<T>(std::move(task), out));
    while (!*out) step();
    return std::move(**out);
  }

  // Writes; the answer is filled in when it comes.
  using Answer = std::shared_ptr<std::optional<Result<chat::WriteReceipt>>>;
  Answer send(const identity::Actor& actor, chat::SendMessage message) {
    auto out = std::make_shared<std::optional<Result<chat::WriteReceipt>>>();
    chat->messages().send(actor, std::move(message), [out](auto result) { *out = result; });
    return out;
  }
  Result<chat::WriteReceipt> say_as(const identity::Actor& actor, RoomId room, std::uint64_t id,
                                    std::string text) {
    return settle(send(actor, {.room = room, .client_id = id, .text = std::move(text)}));
  }
  Result<chat::WriteReceipt> say(const identity::Actor& actor, RoomId room, std::string text) {
    return say_as(actor, room, next_id(actor), std::move(text));
  }
  template <class Params, class Method>
  Result<chat::WriteReceipt> write(Method method, const identity::Actor& actor, Params params) {
    auto out = std::make_shared<std::optional<Result<chat::WriteReceipt>>>();
    (chat->messages().*method)(actor, std::move(params), [out](auto result) { *out = result; });
    return settle(out);
  }
  Result<chat::WriteReceipt> settle(const Answer& answer) {
    while (!*answer) step();
    return **answer;
  }
  std::uint64_t next_id(const identity::Actor& actor) { return ++client_ids[actor.device]; }

  RoomId room(const identity::Actor& owner, std::vector<identity::Actor> members = {},
              chat::JoinRule join = chat::JoinRule::invite) {
    chat::CreateRoom params{.name = "Plans", .topic = "", .join = join, .invite = {}};
    for (const auto& member : members) params.invite.push_back(member.user);
    const auto view = wait(chat->rooms().create(owner, params));
    EXPECT_TRUE(view) << view.error().text();
    for (const auto& member : members) {
      const auto accepted = wait(chat->rooms().accept(member, view->room));
      EXPECT_TRUE(accepted) << accepted.error().text();
    }
    return view->room;
  }
  std::vector<chat::FoldedEntry> history(const identity::Actor& actor, RoomId room,
                                         bool all_kinds = false) {
    auto page =
        wait(chat->messages().history(actor, {.room = room, .limit = 200, .all_kinds = all_kinds}));
    EXPECT_TRUE(page) << page.error().text();
    return page ? page->entries : std::vector<chat::FoldedEntry>{};
  }

  boost::asio::io_context context;
  MemoryStore store;
  FakeKeyService keys;
  TestClock clock;
  SeededRandom random;
  TestDirectory directory;
  TestDoor door;
  chat::Limits limits;
  chat::PressureGate* gate = nullptr;
  std::unique_ptr<observe::Metrics> metrics;
  std::unique_ptr<sync::Hub> hub;
  std::unique_ptr<sync::Ledger> ledger;
  std::unique_ptr<sync::UserStates> states;
  std::unique_ptr<erasure::KeyEraser> eraser;
  std::unique_ptr<chat::Chat> chat;
  async::TaskGroup tasks;
  std::set<SessionId> sessions;
  std::map<DeviceId, std::uint64_t> client_ids;

 private:
  Task<void> stop_chat(std::shared_ptr<bool> done) {
    co_await chat->stop();
    *done = true;
  }
  std::uint64_t next_device_ = 100;
  std::uint64_t next_session_ = 1'000;
};

}  // namespace conclave::testing
