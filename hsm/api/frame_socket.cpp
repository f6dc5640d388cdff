#include "hsm/api/frame_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace conclave::hsm::api {
namespace {

constexpr std::size_t kReadSize = 256 * 1024;

// Bytes taken, 0 when the socket is full, -1 when it is broken.
ssize_t send_some(int descriptor, ByteView bytes) {
  while (true) {
    const auto sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
  }
}

}  // namespace

FrameSocket::FrameSocket(int descriptor, std::size_t max_incoming_frame, std::size_t outbox_limit)
    : descriptor_(descriptor), max_frame_(max_incoming_frame), outbox_limit_(outbox_limit) {
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

FrameSocket::~FrameSocket() {
  ::close(descriptor_);
}

Result<uid_t> FrameSocket::peer_uid() const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return fail(base::kInternal, std::string("SO_PEERCRED: ") + std::strerror(errno));
  }
  return peer.uid;
}

FrameSocket::Sent FrameSocket::send(Bytes frame) {
  const std::lock_guard lock(mutex_);
  std::size_t gone = 0;
  if (outbox_.empty()) {
    const auto sent = send_some(descriptor_, frame);
    if (sent < 0) return Sent::broken;
    gone = static_cast<std::size_t>(sent);
    if (gone == frame.size()) return Sent::all;
    first_sent_ = gone;
  }
  outbox_bytes_ += frame.size();
  // A single frame may be larger than the limit; a peer that does not read may not hoard several.
  if (!outbox_.empty() && outbox_bytes_ > outbox_limit_) return Sent::broken;
  outbox_.push_back(std::move(frame));
  return Sent::queued;
}

bool FrameSocket::wants_write() const {
  const std::lock_guard lock(mutex_);
  return !outbox_.empty();
}

bool FrameSocket::flush() {
  const std::lock_guard lock(mutex_);
  while (!outbox_.empty()) {
    const auto& first = outbox_.front();
    const auto sent = send_some(descriptor_, ByteView(first).subspan(first_sent_));
    if (sent < 0) return false;
    if (sent == 0) return true;
    first_sent_ += static_cast<std::size_t>(sent);
    if (first_sent_ < first.size()) continue;
    outbox_bytes_ -= first.size();
    first_sent_ = 0;
    outbox_.pop_front();
  }
  return true;
}

bool FrameSocket::receive(const std::function<void(const Frame&)>& handle) {
  while (true) {
    if (incoming_.size() < incoming_used_ + kReadSize) incoming_.resize(incoming_used_ + kReadSize);
    const auto got = ::recv(descriptor_, incoming_.data() + incoming_used_,
                            incoming_.size() - incoming_used_, MSG_DONTWAIT);
    if (got == 0) return false;
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    incoming_used_ += static_cast<std::size_t>(got);
    std::size_t taken = 0;
    while (true) {
      const auto rest = ByteView(incoming_).subspan(taken, incoming_used_ - taken);
      const auto frame = split_frame(rest, max_frame_);
      if (!frame) return false;
      if (!*frame) break;
      handle(**frame);
      taken += (*frame)->size;
    }
    std::memmove(incoming_.data(), incoming_.data() + taken, incoming_used_ - taken);
    incoming_used_ -= taken;
    // A rare large frame (a copy of the keyring) must not keep its buffer for ever.
    if (incoming_used_ == 0 && incoming_.size() > 16 * kReadSize) incoming_ = Bytes();
    if (static_cast<std::size_t>(got) < kReadSize) return true;
  }
}

}  // namespace conclave::hsm::api
