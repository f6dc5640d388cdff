#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/chat/administration.hpp"
#include "runtime/chat/feed.hpp"
#include "runtime/chat/marks.hpp"
#include "runtime/chat/messages.hpp"
#include "runtime/chat/rooms.hpp"
#include "runtime/erasure/key_eraser.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/store/content_store.hpp"
#include "runtime/sync/hub.hpp"
#include "runtime/sync/ledger.hpp"
#include "runtime/sync/user_directory.hpp"

namespace conclave::chat {

// Implemented by doors (through the composition root): uncommitted work is above its limit, so stop
// reading from clients until told to go on. On the shard's thread.
class PressureGate {
 public:
  virtual ~PressureGate() = default;
  virtual void stop_reading() = 0;
  virtual void resume_reading() = 0;
};

struct Parts {
  store::ContentStore& store;
  hsm::api::KeyService& keys;
  sync::Hub& hub;
  sync::Ledger& ledger;
  sync::UserStates& states;
  erasure::KeyEraser& eraser;
  const sync::UserDirectory& users;
  const base::Clock& clock;
  base::Random& random;
  observe::Metrics& metrics;
  boost::asio::any_io_executor executor;  // the shard's
  Limits limits;
  PressureGate* gate = nullptr;
};

// The chat domain of one shard: rooms, messages, marks and the feed over one state in memory. On
// the shard's thread only; start() before anything else, stop() before destruction.
class Chat {
 public:
  explicit Chat(Parts parts);
  ~Chat();
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;

  // Takes rooms, members, rings and content keys from what ContentStore::load returned (other parts
  // of the snapshot stay) and checks the MAC of rows that decide about power: a row that fails has
  // no power, is logged and counted. Fails when the token does not answer; may be called again.
  Task<Result<void>> start(std::shared_ptr<const store::Snapshot> snapshot);
  // To be called every minute or so: removes tombstones that are old enough, once an hour.
  Task<void> upkeep();
  // Refuses new work, finishes what is in flight, stores pending watermarks.
  Task<void> stop();

  [[nodiscard]] Rooms& rooms() { return rooms_; }
  [[nodiscard]] Messages& messages() { return messages_; }
  [[nodiscard]] Marks& marks() { return marks_; }
  [[nodiscard]] Feed& feed() { return feed_; }
  [[nodiscard]] Administration& administration() { return administration_; }

 private:
  std::unique_ptr<Core> core_;
  Rooms rooms_;
  Messages messages_;
  Marks marks_;
  Feed feed_;
  Administration administration_;
};

}  // namespace conclave::chat
