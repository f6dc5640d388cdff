#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <mutex>

#include "hsm/api/frame.hpp"

namespace conclave::hsm::api {

// One end of a Unix stream socket that carries frames. Writes from any thread go straight to the
// socket when it takes them; the rest waits in an outbox that the polling thread flushes. Reading
// is for the polling thread only. Owns the descriptor.
class FrameSocket {
 public:
  // Makes `descriptor` non-blocking. `outbox_limit`: bytes that may wait; beyond it send() fails.
  FrameSocket(int descriptor, std::size_t max_incoming_frame, std::size_t outbox_limit);
  ~FrameSocket();
  FrameSocket(const FrameSocket&) = delete;
  FrameSocket& operator=(const FrameSocket&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Of the process at the other end (SO_PEERCRED); for a connected socket, of whoever listens.
  [[nodiscard]] Result<uid_t> peer_uid() const;

  enum class Sent { all, queued, broken };
  // queued: the poller must be woken, so that it waits for the socket to become writable.
  [[nodiscard]] Sent send(Bytes frame);
  [[nodiscard]] bool wants_write() const;
  // False: the connection is broken.
  [[nodiscard]] bool flush();
  // Reads what there is and calls `handle` with each whole frame, whose payload is valid during the
  // call. False: the peer has gone or broke the form.
  [[nodiscard]] bool receive(const std::function<void(const Frame&)>& handle);

 private:
  int descriptor_;
  std::size_t max_frame_;
  std::size_t outbox_limit_;
  Bytes incoming_;
  std::size_t incoming_used_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  std::deque<Bytes> outbox_;
  std::size_t outbox_bytes_ = 0;
  std::size_t first_sent_ = 0;  // bytes of the first waiting frame that are gone already
};

}  // namespace conclave::hsm::api
