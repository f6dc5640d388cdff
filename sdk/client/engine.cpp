#include "sdk/client/engine.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <chrono>

#include "runtime/base/clock.hpp"
#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kTick{250};
// Close codes of conclave.v1 after which connecting again by itself would be wrong.
constexpr std::uint16_t kCodeSignedOut = 4002;
constexpr std::uint16_t kCodeRevoked = 4003;
constexpr std::uint16_t kCodeReplaced = 4004;

}  // namespace

Client::Engine::Engine(Options options, Listener& listener, Home home,
                       std::optional<DeviceRecord> device, std::optional<DeviceKey> key,
                       Progress progress, std::optional<HeldOrder> order)
    : options_(std::move(options)),
      listener_(listener),
      home_(std::move(home)),
      device_(std::move(device)),
      key_(std::move(key)),
      work_(io_.get_executor()),
      retry_timer_(io_),
      tick_timer_(io_),
      pause_timer_(io_),
      backoff_(options_.backoff_first_ms, options_.backoff_max_ms, base::system_random()),
      outbox_(progress.outbox, progress.next_client_id),
      feed_(progress.heads),
      cursor_(std::move(progress.cursor)),
      order_(std::move(order)) {
  if (device_) identity_ = device_->identity;
  unsent_ = outbox_.size();
  tick();
  thread_ = std::thread([this] { io_.run(); });
}

Client::Engine::~Engine() {
  boost::asio::post(io_, [this] {
    wanted_ = false;
    ending_ = true;
    if (transport_) transport_->leave();
    drop_connection();
    if (enrolment_) enrolment_->done.set_value(fail(kConnectionLost));
    enrolment_.reset();
    settle_proof(fail(kConnectionLost));
    if (dirty_) keep_progress();
    retry_timer_.cancel();
    tick_timer_.cancel();
    pause_timer_.cancel();
    work_.reset();
  });
  thread_.join();
}

std::optional<SignedIn> Client::Engine::identity() const {
  const std::lock_guard lock(mutex_);
  return identity_;
}

std::size_t Client::Engine::unsent() const {
  const std::lock_guard lock(mutex_);
  return unsent_;
}

Result<void> Client::Engine::start() {
  if (!identity()) return fail(kNotEnrolled);
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::stopped || state_ == State::refused) {
      state_ = State::connecting;
      last_error_.reset();
      failures_ = 0;
    }
  }
  boost::asio::post(io_, [this] {
    if (wanted_) return;
    wanted_ = true;
    refusal_.reset();
    if (signed_in_) {
      begin_sync();
    } else if (!transport_) {
      connect();
    }
  });
  return {};
}

void Client::Engine::stop() {
  std::promise<void> stopped;
  boost::asio::post(io_, [this, &stopped] {
    wanted_ = false;
    retry_timer_.cancel();
    if (transport_) transport_->leave();
    drop_connection();
    if (dirty_) keep_progress();
    set_state(State::stopped);
    stopped.set_value();
  });
  stopped.get_future().wait();
}

Result<void> Client::Engine::wait_online(std::int64_t timeout_ms, bool patient) {
  std::unique_lock lock(mutex_);
  const auto failures = failures_;
  const auto useless = [&] {
    return state_ == State::refused ||
           (last_error_ && (last_error_->is(kUntrusted) || last_error_->is(kProtocol)));
  };
  changed_.wait_for(lock, milliseconds(timeout_ms), [&] {
    return state_ == State::online || useless() ||
           (!patient && (failures_ != failures || (failures > 0 && last_error_)));
  });
  if (state_ == State::online) return {};
  if (last_error_) return std::unexpected(*last_error_);
  return fail(kUnreachable, "state: " + std::string(to_text(state_)));
}

void Client::Engine::call(std::string method, json::object params, Answer answer) {
  boost::asio::post(io_, [this, method = std::move(method), params = std::move(params),
                          answer = std::move(answer)]() mutable {
    if (!signed_in_) return answer(fail(kConnectionLost, "not connected"));
    request(method, params, std::move(answer));
  });
}

void Client::Engine::request(std::string_view method, const json::object& params, Answer answer) {
  const auto deadline = base::system_clock().monotonic_ms() + options_.call_timeout_ms;
  transport_->send(calls_.begin(method, params, deadline, std::move(answer)));
}

void Client::Engine::connect() {
  std::string server = options_.server;
  if (server.empty() && device_) server = device_->server;
  auto address = parse_address(server);
  if (!address) return give_up(address.error());
  Transport::Settings settings;
  settings.address = std::move(*address);
  settings.connect_timeout_ms = options_.connect_timeout_ms;
  settings.certificate_file = options_.certificate_file;
  settings.authority_pem = enrolment_ ? enrolment_->authority_pem
                           : device_  ? device_->authority_pem
                                      : std::string();
  Transport::Handlers handlers;
  handlers.frame = [this](std::string_view frame) { on_frame(frame); };
  handlers.closed = [this](Transport::Closed closed) { on_closed(std::move(closed)); };
  auto made = make_transport(io_, std::move(settings), std::move(handlers));
  if (!made) return give_up(made.error());
  transport_ = std::move(*made);
  set_state(State::connecting);
  transport_->start();
}

void Client::Engine::on_frame(std::string_view frame) {
  boost::system::error_code bad;
  json::value value = json::parse(frame, bad);
  auto* object = value.if_object();
  if (bad || object == nullptr) return protocol_error("a frame is not a JSON object");
  const auto* method = object->if_contains("method");
  if (method == nullptr) {
    if (!calls_.answered(*object)) protocol_error("an answer has not the form of one");
    return;
  }
  auto* params = object->if_contains("params");
  if (!method->is_string() || params == nullptr || !params->is_object()) {
    return protocol_error("a notification has not the form of one");
  }
  const std::string name(method->as_string());
  on_event(name, std::move(params->as_object()));
}

void Client::Engine::protocol_error(std::string detail) {
  retry(Error(kProtocol, std::move(detail)), options_.backoff_max_ms);
}

void Client::Engine::drop_connection() {
  if (transport_) transport_->abandon();
  transport_.reset();
  pause_timer_.cancel();
  hello_.reset();
  signed_in_ = false;
  outbox_paused_ = false;
  held_events_.clear();
  filling_.clear();
  outbox_.connection_lost();
  calls_.fail_all(Error(kConnectionLost));
}

void Client::Engine::give_up(const Error& why) {
  drop_connection();
  wanted_ = false;
  if (enrolment_) enrolment_->done.set_value(std::unexpected(why));
  enrolment_.reset();
  set_state(State::refused, why);
}

void Client::Engine::on_closed(Transport::Closed closed) {
  if (order_ && wanted_) {
    drop_connection();  // answers what was asked: the order is carried out, connected or not
    return retry(Error(kConnectionLost), 0);
  }
  switch (closed.code) {
    case kCodeSignedOut:
      return give_up(Error(kSignedOut));
    case kCodeReplaced:
      return give_up(Error(kReplaced));
    case kCodeRevoked:
      return look_for_orders(Error(kRevoked));
    default:
      break;
  }
  Error why = closed.error ? *closed.error
                           : Error(kConnectionLost, "closed with " + std::to_string(closed.code) +
                                                        " " + closed.reason);
  retry(why, std::exchange(drain_wait_ms_, 0));
}

void Client::Engine::retry(const Error& why, std::int64_t at_least_ms) {
  drop_connection();
  if (enrolment_) {
    enrolment_->done.set_value(std::unexpected(why));
    enrolment_.reset();
  }
  set_state(wanted_ ? State::connecting : State::stopped, why);
  if (!wanted_) return;
  retry_timer_.expires_after(milliseconds(at_least_ms + backoff_.next_ms()));
  retry_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled && wanted_ && !transport_) connect();
  });
}

void Client::Engine::tick() {
  tick_timer_.expires_after(kTick);
  tick_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled || ending_) return;
    calls_.expire(base::system_clock().monotonic_ms());
    if (dirty_) keep_progress();
    tick();
  });
}

void Client::Engine::set_state(State state, std::optional<Error> why) {
  {
    const std::lock_guard lock(mutex_);
    if (state == state_ && !why) return;
    state_ = state;
    if (why) {
      last_error_ = why;
      ++failures_;
    }
    if (state == State::online) last_error_.reset();
  }
  changed_.notify_all();
  listener_.on_state(state, why);
}

}  // namespace conclave::client
