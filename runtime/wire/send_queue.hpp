#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "runtime/base/assert.hpp"
#include "runtime/wire/types.hpp"

namespace conclave::wire {

// Frames on their way out, bounded in bytes; refuses when full. An empty queue costs nothing.
class SendQueue {
 public:
  explicit SendQueue(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // False: full, not queued. An empty queue takes one frame of any size.
  [[nodiscard]] bool push(SharedFrame frame) {
    if (!empty() && bytes_ + frame->size() > limit_bytes_) return false;
    if (!frames_) frames_.emplace();
    bytes_ += frame->size();
    frames_->push_back(std::move(frame));
    return true;
  }
  [[nodiscard]] const SharedFrame& front() const { return frames_->front(); }
  void pop() {
    CONCLAVE_ASSERT(!empty());
    bytes_ -= frames_->front()->size();
    frames_->pop_front();
    if (frames_->empty()) frames_.reset();
  }
  void clear() {
    frames_.reset();
    bytes_ = 0;
  }
  [[nodiscard]] bool empty() const { return !frames_; }
  [[nodiscard]] bool more_than_one() const { return frames_ && frames_->size() > 1; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::size_t limit_bytes_;
  std::size_t bytes_ = 0;
  std::optional<std::deque<SharedFrame>> frames_;  // absent when empty: a deque holds 576 bytes
};

}  // namespace conclave::wire
