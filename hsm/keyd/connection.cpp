#include "hsm/keyd/connection.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::size_t kOutboxLimit = 64U << 20U;

}  // namespace

Connection::Connection(int descriptor, Channel channel, std::function<void()> wake)
    : socket_(descriptor, api::kMaxRequestFrame, kOutboxLimit),
      channel_(channel),
      wake_(std::move(wake)) {}

void Connection::reply(Bytes frame) {
  if (socket_.send(std::move(frame)) != api::FrameSocket::Sent::all) wake_();
}

void Connection::refuse(std::uint64_t id, const Error& error) {
  auto frame = api::begin_frame(static_cast<std::uint8_t>(api::ReplyTag::failed), id, 128);
  api::write_error(frame, error);
  reply(api::finish_frame(std::move(frame)));
}

void Connection::tell_state(bool ready) {
  auto frame = api::begin_frame(static_cast<std::uint8_t>(api::ReplyTag::state), 0, 1);
  frame.u8(ready ? 1 : 0);
  reply(api::finish_frame(std::move(frame)));
}

}  // namespace conclave::hsm::keyd
