#include <gmock/gmock.h>

#include "hsm/api/errors.hpp"
#include "runtime/sync/cursor.hpp"
#include "tests/support/chat_world.hpp"
#include "tests/unit/chat/known_room.hpp"

// Random people on random devices, with a token and a disk that fail now and then. Whatever
// happens: seqs have no gap, nothing acknowledged is lost, nothing is there twice, nothing refused
// is there at all, and every device ends up with the same state, whether it listened or was away.
namespace conclave::chat {
namespace {

using testing::ChatWorld;

// A client as docs/protocol.md describes it.
struct Device {
  identity::Actor actor;
  bool online = true;
  std::string cursor;
  std::map<RoomId, KnownRoom> rooms;
  std::map<std::string, std::string> states;
  std::size_t heard = 0;
  std::uint64_t next_id = 0;
};

struct Sent {
  std::size_t device;
  SendMessage message;
  ChatWorld::Answer answer;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : world_(seed, quick()), dice_(seed * 77 + 1) {
    for (std::uint64_t user = 1; user <= 4; ++user) {
      for (std::uint64_t device = 0; device < 2; ++device) {
        Device made;
        made.actor = device == 0 ? world_.person(user) : world_.sign_in(user, 1'000 + user);
        devices_.push_back(std::move(made));
      }
    }
    for (int i = 0; i < 3; ++i) {
      rooms_.push_back(world_.room(devices_[0].actor,
                                   {devices_[2].actor, devices_[4].actor, devices_[6].actor},
                                   JoinRule::open));
    }
    for (Device& device : devices_) catch_up(device);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      if (dice_.below(3) == 0) world_.run();
      if (dice_.below(20) == 0) listen_all();
    }
    heal();
    settle();
    for (Device& device : devices_) {
      if (!device.online) come_back(device);
    }
    listen_all();
    // A last message a room tells whether live and away devices continue alike.
    for (const RoomId room : rooms_) {
      Device& device = devices_[0];
      if (world_.chat->rooms().get(device.actor, room)) {
        ASSERT_TRUE(world_.say_as(device.actor, room, ++device.next_id, "the end"));
      }
    }
    listen_all();
    audit();
  }

 private:
  static Limits quick() {
    Limits limits;
    limits.receipt_push_ms = 1;
    limits.receipt_flush_ms = 20;
    limits.join_coalesce_ms = 1;
    return limits;
  }

  Device& any() { return devices_[dice_.below(devices_.size())]; }
  RoomId any_room() { return rooms_[dice_.below(rooms_.size())]; }

  void step() {
    Device& device = any();
    switch (dice_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return send(device);
      case 5:
        return repeat();
      case 6:
      case 7:
        return touch_message(device);
      case 8:
        return read(device);
      case 9:
        return set_state(device);
      case 10:
        return device.online ? go_away(device) : come_back(device);
      case 11:
        return membership(device);
      case 12:
        world_.store.hold = !world_.store.hold;
        return;
      case 13:
        return world_.store.release(dice_.below(3));
      case 14:
        return break_something();
      default:
        if (dice_.below(12) == 0) restart();
    }
  }

  void heal() {
    world_.keys.broken = nullptr;
    world_.store.refuse = nullptr;
    world_.store.hold = false;
    world_.store.release_all();
    world_.run();
  }

  void break_something() {
    const auto kind = dice_.below(5);
    world_.keys.broken = kind == 0 ? &hsm::api::kTokenUnavailable : nullptr;
    world_.store.refuse = nullptr;
    if (kind == 1) {
      world_.store.refuse = [](const store::Transaction&) { return &store::kStoreReadOnly; };
    }
    if (kind == 2) world_.keys.forget_refs();
  }

  void send(Device& device) {
    if (!device.online) return;
    const std::size_t index = static_cast<std::size_t>(&device - devices_.data());
    SendMessage message{
        .room = any_room(), .client_id = ++device.next_id, .text = "m" + std::to_string(++texts_)};
    sent_.push_back({index, message, world_.send(device.actor, message)});
  }

  // As a client does that lost the answer.
  void repeat() {
    if (sent_.empty()) return;
    const Sent& old =
        sent_[sent_.size() - 1 - dice_.below(std::min<std::size_t>(sent_.size(), 12))];
    if (!devices_[old.device].online) return;
    sent_.push_back(
        {old.device, old.message, world_.send(devices_[old.device].actor, old.message)});
  }

  void touch_message(Device& device) {
    const RoomId room = any_room();
    const auto known = device.rooms.find(room);
    if (!device.online || known == device.rooms.end() || known->second.messages.empty()) return;
    auto place = known->second.messages.begin();
    std::advance(place, static_cast<long>(dice_.below(known->second.messages.size())));
    const std::uint64_t target = place->first;
    const std::uint64_t id = ++device.next_id;
    const auto ignore = [](Result<WriteReceipt>) {};
    auto& messages = world_.chat->messages();
    switch (dice_.below(4)) {
      case 0:
        return messages.edit(device.actor,
                             {.room = room,
                              .client_id = id,
                              .target = target,
                              .text = "e" + std::to_string(++texts_)},
                             ignore);
      case 1:
        return messages.redact(device.actor, {.room = room, .client_id = id, .target = target},
                               ignore);
      default:
        return messages.react(device.actor,
                              {.room = room,
                               .client_id = id,
                               .target = target,
                               .emoji = "+",
                               .active = dice_.below(2) == 0},
                              ignore);
    }
  }

  void read(Device& device) {
    const RoomId room = any_room();
    const auto view = world_.chat->rooms().get(device.actor, room);
    if (!device.online || !view || view->head_seq == 0) return;
    start(world_.chat->marks().read(device.actor, room, 1 + dice_.below(view->head_seq)));
  }

  void set_state(Device& device) {
    if (!device.online) return;
    const std::string key = "settings.k" + std::to_string(dice_.below(3));
    if (dice_.below(4) == 0) {
      start(world_.states->remove(device.actor, key));
    } else {
      start(world_.states->set(device.actor, key, std::to_string(++texts_)));
    }
  }

  void membership(Device& device) {
    if (!device.online || device.actor.user == devices_[0].actor.user) return;
    const RoomId room = any_room();
    if (dice_.below(2) == 0) {
      start(world_.chat->rooms().leave(device.actor, room));
    } else {
      start(world_.chat->rooms().join(device.actor, room));
    }
  }

  template <class T>
  void start(Task<T> task) {
    world_.tasks.spawn(
        testing::keep_answer<T>(std::move(task), std::make_shared<std::optional<T>>()));
  }

  void restart() {
    heal();
    settle();
    listen_all();
    world_.restart();
    for (Device& device : devices_) device.online = false;
  }

  void go_away(Device& device) {
    listen(device);
    world_.sign_out(device.actor);
    device.online = false;
  }

  void come_back(Device& device) {
    device.actor = world_.sign_in(device.actor.user.value, device.actor.device.value);
    device.online = true;
    device.heard = 0;
    if (world_.keys.broken != nullptr) world_.keys.broken = nullptr;
    catch_up(device);
  }

  void catch_up(Device& device) {
    while (true) {
      auto page = world_.wait(world_.chat->feed().since(
          device.actor, {.cursor = device.cursor, .limit = 3, .tail = 4}));
      ASSERT_TRUE(page) << page.error().text();
      ASSERT_FALSE(page->reset);
      for (const auto& change : page->rooms) take(device, change);
      for (const auto& state : page->states) take(device, state.key, state.value, state.deleted);
      device.cursor = page->cursor;
      if (!page->more) return;
    }
  }

  void take(Device& device, const RoomChange& change) {
    const RoomId room = change.room.room;
    if (change.room.state != MemberState::joined) {
      device.rooms.erase(room);
      return;
    }
    KnownRoom& known = device.rooms[room];
    known.read_seq = std::max(known.read_seq, change.room.read_seq);
    if (!change.entries.empty()) fill(device, room, change.entries.front().entry.seq);
    for (const auto& each : change.entries) known.take(each);
  }

  // Reads what lies between what is known and `seq`.
  void fill(Device& device, RoomId room, std::uint64_t seq) {
    KnownRoom& known = device.rooms[room];
    std::uint64_t after = known.seqs.empty() ? seq : *known.seqs.rbegin();
    while (after + 1 < seq) {
      auto page = world_.wait(world_.chat->messages().history(
          device.actor, {.room = room, .after = after, .limit = 5, .all_kinds = true}));
      if (!page) {  // out of the room by now: what follows says so
        device.rooms.erase(room);
        return;
      }
      for (const auto& each : page->entries) known.take(each);
      after = page->last_seq;
    }
  }

  static void take(Device& device, const std::string& key, const std::string& value, bool deleted) {
    if (deleted) {
      device.states.erase(key);
    } else {
      device.states[key] = value;
    }
  }

  void listen_all() {
    for (Device& device : devices_) {
      if (device.online) listen(device);
    }
  }

  void listen(Device& device) {
    auto& events = world_.door.sent[device.actor.session];
    for (; device.heard < events.size(); ++device.heard) {
      const sync::Event event = events[device.heard];
      if (const auto* entries = std::get_if<sync::RoomEntries>(&event)) {
        fill(device, entries->room, entries->entries.front().seq);
        KnownRoom& room = device.rooms[entries->room];
        for (const auto& entry : entries->entries) {
          room.take(entry);
          if (entry.kind == EntryKind::message && entry.author == device.actor.user) {
            room.read_seq = std::max(room.read_seq, entry.seq);
          }
        }
        reached(device, entries->pos);
      } else if (const auto* updated = std::get_if<sync::RoomUpdated>(&event)) {
        const auto view = world_.chat->rooms().view(device.actor, updated->room);
        if (!view || view->state != MemberState::joined) {
          device.rooms.erase(updated->room);
        } else {
          KnownRoom& room = device.rooms[updated->room];
          room.read_seq = std::max(room.read_seq, view->read_seq);
        }
        reached(device, updated->pos);
      } else if (const auto* mark = std::get_if<sync::ReceiptChanged>(&event)) {
        if (mark->own && device.rooms.contains(mark->room)) {
          KnownRoom& room = device.rooms[mark->room];
          room.read_seq = std::max(room.read_seq, mark->read_seq);
        }
      } else if (const auto* state = std::get_if<sync::StateChanged>(&event)) {
        take(device, state->key, state->value, state->deleted);
        reached(device, state->pos);
      }
    }
  }

  void reached(Device& device, std::uint64_t pos) {
    const auto known = sync::decode_cursor(device.cursor);
    if (!known || known->pos < pos) device.cursor = world_.chat->feed().cursor_at(pos);
  }

  void settle() {
    for (const Sent& sent : sent_) {
      while (!*sent.answer) world_.step();
    }
    for (int i = 0; i < 5; ++i) {
      world_.run();
      world_.context.restart();
      world_.context.run_for(std::chrono::milliseconds(10));
    }
  }

  void audit() {
    std::map<RoomId, KnownRoom> truth;
    world_.restart();  // what is on disk counts, not what is in memory
    const identity::Actor owner = world_.sign_in(devices_[0].actor.user.value, 9'000);
    for (const RoomId room : rooms_) audit_room(owner, room, truth[room]);
    audit_sends(truth);
    for (Device& device : devices_) audit_device(device, truth);
  }

  void audit_room(const identity::Actor& owner, RoomId room, KnownRoom& truth) {
    std::uint64_t expected = 1;
    std::uint64_t n = 0;
    std::uint64_t after = 0;
    while (true) {
      HistoryQuery query{.room = room, .after = after, .limit = 50, .all_kinds = true};
      auto page = world_.wait(world_.chat->messages().history(owner, query));
      ASSERT_TRUE(page) << page.error().text();
      ASSERT_FALSE(page->entries.empty());
      for (const auto& each : page->entries) {
        EXPECT_EQ(each.entry.seq, expected++);
        EXPECT_FALSE(each.unreadable);
        if (each.entry.kind == EntryKind::message) ++n;
        EXPECT_EQ(each.entry.n, n);
        truth.take(each);
        n_at_[room][each.entry.seq] = n;
      }
      after = page->last_seq;
      if (after >= page->head_seq) break;
    }
  }

  void audit_sends(std::map<RoomId, KnownRoom>& truth) {
    std::map<std::string, std::set<std::uint64_t>> accepted;
    std::map<std::string, RoomId> where;
    for (const Sent& sent : sent_) {
      where[sent.message.text] = sent.message.room;
      auto& seqs = accepted[sent.message.text];
      if (**sent.answer) seqs.insert((**sent.answer)->seq);
    }
    for (const auto& [text, seqs] : accepted) {
      EXPECT_LE(seqs.size(), 1U) << text;  // one answer for all repeats
      const std::string body = R"({"text":")" + text + "\"}";
      std::size_t found = 0;
      for (const auto& [seq, message] : truth[where[text]].messages) {
        if (message.body == body) ++found;
      }
      if (seqs.empty()) {
        EXPECT_EQ(found, 0U) << text << " was refused and is there";
      } else {
        const auto place = truth[where[text]].messages.find(*seqs.begin());
        ASSERT_NE(place, truth[where[text]].messages.end()) << text << " was acknowledged and lost";
        const KnownMessage& message = place->second;
        if (message.edit_seq == 0 && !message.redacted) EXPECT_EQ(message.body, body);
        EXPECT_LE(found, 1U) << text;
      }
    }
  }

  void audit_device(Device& device, std::map<RoomId, KnownRoom>& truth) {
    const identity::Actor reader = world_.sign_in(device.actor.user.value, 9'100);
    std::set<RoomId> listed;
    for (const auto& view : world_.chat->rooms().list(reader, {}, 200).rooms) {
      listed.insert(view.room);
      const KnownRoom& known = device.rooms[view.room];
      const KnownRoom& real = truth[view.room];
      EXPECT_EQ(known.read_seq, view.read_seq);
      EXPECT_EQ(view.unread, view.head_n - n_at_[view.room][view.read_seq]);
      ASSERT_FALSE(known.seqs.empty());
      EXPECT_EQ(*known.seqs.rbegin(), view.head_seq);
      EXPECT_EQ(*known.seqs.rbegin() - *known.seqs.begin() + 1, known.seqs.size()) << "a gap";
      for (const auto& [seq, message] : known.messages) {
        ASSERT_TRUE(real.messages.contains(seq));
        const KnownMessage& expected = real.messages.at(seq);
        EXPECT_EQ(message.body, expected.body) << "seq " << seq;
        EXPECT_EQ(message.redacted, expected.redacted) << "seq " << seq;
        if (!expected.redacted) EXPECT_EQ(message.reactions, expected.reactions) << "seq " << seq;
      }
    }
    std::set<RoomId> held;
    for (const auto& [room, known] : device.rooms) held.insert(room);
    EXPECT_EQ(held, listed);
    std::map<std::string, std::string> states;
    for (const auto& state : world_.wait(world_.states->list(reader, "", 200))->states) {
      states[state.key] = state.value;
    }
    EXPECT_EQ(device.states, states);
  }

  ChatWorld world_;
  testing::SeededRandom dice_;
  std::vector<Device> devices_;
  std::vector<RoomId> rooms_;
  std::vector<Sent> sent_;
  std::map<RoomId, std::map<std::uint64_t, std::uint64_t>> n_at_;
  std::uint64_t texts_ = 0;
};

class ChatModel : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(ChatModel, every_device_reaches_the_same_state_and_nothing_acknowledged_is_lost) {
  Simulation(GetParam()).run(400);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChatModel, ::testing::Range<std::uint64_t>(1, 25));

}  // namespace
}  // namespace conclave::chat
