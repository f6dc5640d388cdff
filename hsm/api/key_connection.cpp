#include "hsm/api/key_connection.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "hsm/api/errors.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/clock.hpp"

namespace conclave::hsm::api {
namespace {

constexpr std::int64_t kFirstBackoff_ms = 50;
constexpr std::int64_t kLastBackoff_ms = 1'000;
constexpr int kDeadlineCheck_ms = 100;
constexpr std::size_t kOutboxLimit = 64U << 20U;
constexpr std::size_t kIdOffset = 6;  // in a frame: after length, version and tag

std::int64_t now_ms() {
  return base::system_clock().monotonic_ms();
}

void put_id(Bytes& frame, std::uint64_t id) {
  for (std::size_t i = 0; i < 8; ++i) {
    frame[kIdOffset + i] = static_cast<std::uint8_t>(id >> (56 - 8 * i));
  }
}

}  // namespace

KeyConnection::KeyConnection(KeyClientOptions options)
    : options_(std::move(options)), wake_descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CONCLAVE_ASSERT(wake_descriptor_ >= 0);
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "key-client");
    run();
  });
}

KeyConnection::~KeyConnection() {
  stopping_.store(true);
  wake();
  thread_.join();
  ::close(wake_descriptor_);
}

void KeyConnection::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_descriptor_, &one, sizeof(one));
}

void KeyConnection::drain_wakes() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_descriptor_, &count, sizeof(count));
}

void KeyConnection::call(base::ByteWriter writer, Answer answer, Patience patience) {
  Bytes frame = finish_frame(std::move(writer));
  if (frame.size() > kMaxRequestFrame) {
    return answer(fail(base::kMalformed, "request of " + std::to_string(frame.size()) + " bytes"));
  }
  const auto limit =
      patience == Patience::long_call ? options_.long_deadline : options_.call_deadline;
  std::shared_ptr<FrameSocket> socket;
  const ErrorSpec* refusal = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_.load()) {
      refusal = &base::kShuttingDown;
    } else if (!socket_) {
      refusal = &kTokenUnavailable;
    } else if (pending_.size() >= options_.pending_limit) {
      refusal = &kTokenBusy;
    } else {
      const auto id = next_id_++;
      put_id(frame, id);
      pending_.emplace(id, Pending{std::move(answer), now_ms() + limit.count()});
      socket = socket_;
    }
  }
  if (refusal != nullptr) return answer(fail(*refusal, "keyd"));
  // broken: the thread sees the broken socket too and answers everything that is pending.
  if (socket->send(std::move(frame)) != FrameSocket::Sent::all) wake();
}

void KeyConnection::run() {
  auto backoff_ms = kFirstBackoff_ms;
  while (!stopping_.load()) {
    auto socket = connect();
    if (!socket) {
      wait_stopping(backoff_ms);
      backoff_ms = std::min(2 * backoff_ms, kLastBackoff_ms);
      continue;
    }
    backoff_ms = kFirstBackoff_ms;
    {
      const std::lock_guard lock(mutex_);
      socket_ = socket;
    }
    serve(*socket);
    ready_.store(false);
    {
      const std::lock_guard lock(mutex_);
      socket_.reset();
    }
    drop_all(kTokenUnavailable, "keyd went away");
    wait_stopping(kFirstBackoff_ms);
  }
  drop_all(base::kShuttingDown, "key client");
}

std::shared_ptr<FrameSocket> KeyConnection::connect() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = options_.socket_path.string();
  if (path.size() >= sizeof(address.sun_path)) return nullptr;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return nullptr;
  auto socket = std::make_shared<FrameSocket>(descriptor, kMaxReplyFrame, kOutboxLimit);
  // Non-blocking: with a full backlog this fails with EAGAIN, and the back-off tries again.
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return nullptr;
  }
  const auto uid = socket->peer_uid();
  if (!uid || *uid != options_.expected_uid.value_or(::getuid())) return nullptr;
  return socket;
}

void KeyConnection::serve(FrameSocket& socket) {
  std::int64_t next_check = 0;
  while (!stopping_.load()) {
    std::array<pollfd, 2> polled{};
    polled[0].fd = socket.descriptor();
    polled[0].events = static_cast<short>(POLLIN | (socket.wants_write() ? POLLOUT : 0));
    polled[1].fd = wake_descriptor_;
    polled[1].events = POLLIN;
    ::poll(polled.data(), polled.size(), kDeadlineCheck_ms);
    if ((polled[1].revents & POLLIN) != 0) drain_wakes();
    if (!socket.flush()) return;
    if ((polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
        !socket.receive([this](const Frame& frame) { handle(frame); })) {
      return;
    }
    if (const auto now = now_ms(); now >= next_check) {
      next_check = now + kDeadlineCheck_ms;
      expire();
    }
  }
}

void KeyConnection::handle(const Frame& frame) {
  const auto tag = static_cast<ReplyTag>(frame.tag);
  if (tag == ReplyTag::state) {
    ready_.store(!frame.payload.empty() && frame.payload.front() == 1);
    return;
  }
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(frame.id);
    if (found == pending_.end()) return;  // answered by its deadline already
    answer = std::move(found->second.answer);
    pending_.erase(found);
  }
  if (tag == ReplyTag::done) return answer(frame.payload);
  base::ByteReader in(frame.payload);
  answer(std::unexpected(read_error(in)));
}

void KeyConnection::expire() {
  std::vector<Answer> late;
  {
    const std::lock_guard lock(mutex_);
    const auto now = now_ms();
    for (auto entry = pending_.begin(); entry != pending_.end();) {
      if (entry->second.deadline_ms > now) {
        ++entry;
        continue;
      }
      late.push_back(std::move(entry->second.answer));
      entry = pending_.erase(entry);
    }
  }
  for (auto& answer : late) answer(fail(kTokenUnavailable, "no answer in time"));
}

void KeyConnection::drop_all(const ErrorSpec& spec, std::string_view detail) {
  std::unordered_map<std::uint64_t, Pending> dropped;
  {
    const std::lock_guard lock(mutex_);
    dropped.swap(pending_);
  }
  for (auto& [id, pending] : dropped) pending.answer(fail(spec, std::string(detail)));
}

void KeyConnection::wait_stopping(std::int64_t milliseconds) const {
  pollfd polled{wake_descriptor_, POLLIN, 0};
  if (!stopping_.load()) ::poll(&polled, 1, static_cast<int>(milliseconds));
  drain_wakes();
}

}  // namespace conclave::hsm::api
