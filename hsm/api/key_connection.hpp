#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "hsm/api/frame_socket.hpp"
#include "hsm/api/key_client.hpp"
#include "hsm/api/protocol.hpp"

namespace conclave::hsm::api {

// Frames to and from keyd with one thread that connects, reads, and keeps deadlines. Used by the
// key client; knows nothing of operations.
class KeyConnection {
 public:
  // Called exactly once on the connection's thread, or on the caller's thread when the request is
  // refused before it is sent. The view is valid during the call.
  using Answer = std::move_only_function<void(Result<ByteView>)>;
  enum class Patience { short_call, long_call };

  explicit KeyConnection(KeyClientOptions options);
  ~KeyConnection();
  KeyConnection(const KeyConnection&) = delete;
  KeyConnection& operator=(const KeyConnection&) = delete;

  // `frame` comes from begin_frame(); its id is filled in here. Any thread.
  void call(base::ByteWriter frame, Answer answer, Patience patience = Patience::short_call);
  [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_relaxed); }

 private:
  struct Pending {
    Answer answer;
    std::int64_t deadline_ms = 0;  // monotonic
  };

  void run();
  [[nodiscard]] std::shared_ptr<FrameSocket> connect() const;
  void serve(FrameSocket& socket);
  void handle(const Frame& frame);
  void expire();
  void drop_all(const ErrorSpec& spec, std::string_view detail);
  void wait_stopping(std::int64_t milliseconds) const;
  void wake() const;
  void drain_wakes() const;

  KeyClientOptions options_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> stopping_{false};
  int wake_descriptor_;

  std::mutex mutex_;                     // guards what follows
  std::shared_ptr<FrameSocket> socket_;  // null while keyd is away; shared with a send under way
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, Pending> pending_;

  std::thread thread_;
};

}  // namespace conclave::hsm::api
