#pragma once

#include <functional>

#include "hsm/api/frame_socket.hpp"

namespace conclave::hsm::keyd {

enum class Channel : std::uint8_t { online, ceremony };

// A peer of keyd. Shared by the server, which reads, and by the jobs that will answer it.
class Connection {
 public:
  // `wake` makes the server's poll return, so that it flushes what the socket did not take.
  Connection(int descriptor, Channel channel, std::function<void()> wake);

  [[nodiscard]] api::FrameSocket& socket() { return socket_; }
  [[nodiscard]] Channel channel() const { return channel_; }
  // Any thread. An answer to a peer that has gone is dropped.
  void reply(Bytes frame);
  void refuse(std::uint64_t id, const Error& error);
  void tell_state(bool ready);

 private:
  api::FrameSocket socket_;
  Channel channel_;
  std::function<void()> wake_;
};

}  // namespace conclave::hsm::keyd
