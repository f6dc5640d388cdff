#include "runtime/chat/chat.hpp"

#include "runtime/chat/core.hpp"

namespace conclave::chat {

Chat::Chat(Parts parts)
    : core_(std::make_unique<Core>(parts)),
      rooms_(*core_),
      messages_(*core_),
      marks_(*core_),
      feed_(*core_),
      administration_(*core_) {}

Chat::~Chat() = default;

Task<Result<void>> Chat::start(std::shared_ptr<const store::Snapshot> snapshot) {
  co_return co_await core_->start(std::move(snapshot));
}

Task<void> Chat::upkeep() {
  co_await core_->upkeep();
}

Task<void> Chat::stop() {
  co_await core_->stop();
}

}  // namespace conclave::chat
