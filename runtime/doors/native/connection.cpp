#include "runtime/doors/native/connection.hpp"

#include <chrono>

#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/errors.hpp"
#include "runtime/doors/native/json_text.hpp"
#include "runtime/doors/native/station.hpp"

namespace conclave::doors::native {
namespace {

namespace protocol = sdk::protocol;

constexpr std::int64_t kStrikeWindowMs = 10'000;

std::int64_t monotonic_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

identity::ConnectionFacts facts_of(const wire::Peer& peer) {
  return {.address = peer.address,
          .tls = peer.tls,
          .loopback = peer.loopback && !peer.tls,
          .tls_exporter = peer.tls_exporter,
          .origin = peer.origin,
          .host = peer.host,
          .client = network::Address::parse(peer.address),
          .path = peer.path,
          .certificates = peer.certificates,
          .least_ping_us = peer.least_ping_us};
}

Refused class_of(const Error& error) {
  if (error.is(kParse) || error.is(kRequestInvalid)) return Refused::malformed;
  return Refused::params;
}

}  // namespace

Connection::Connection(Frontage& frontage)
    : frontage_(frontage), bucket_(frontage.limits.stranger) {
  frontage_.strangers.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
  if (!signed_in_) frontage_.strangers.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::on_open(wire::WebSocket& socket) {
  socket_ = &socket;
  station_ = &frontage_.station_of(socket.executor());
  // The place is taken before the link exists, since the link names it.
  link_ = std::make_shared<Link>(station_->add(*this), facts_of(socket.peer()), frontage_.nonce());
  frontage_.metrics->connections.add(1);
  send_or_hold(hello_frame());
  // Mostly answered before the client signs in; the round trip tells whether TCP ends in between.
  socket.measure_round_trip();
  start_sign_in_timer(frontage_.limits.sign_in);
}

std::string Connection::hello_frame() const {
  const Limits& limits = frontage_.limits;
  JsonText json(512);
  json.open().field("version", "1").open_list("versions").item("1").close_list();
  json.field("server", frontage_.server_name).field("nonce", base::base64url_encode(link_->nonce));
  json.open_list("methods").item("enrol").item("prove").item("resume").close_list();
  json.open("limits").field("frame_bytes", limits.frame_bytes).field("in_flight", limits.in_flight);
  json.field("body_bytes", limits.body_bytes).field("page", limits.page_entries).close();
  json.field("heartbeat_ms", limits.heartbeat_ms).field("time_ms", frontage_.clock->utc_ms());
  json.field("authority", frontage_.authority).close();
  return event_frame(protocol::event::kSessionHello, json.take());
}

void Connection::start_sign_in_timer(std::chrono::milliseconds time) {
  sign_in_timer_.emplace(socket_->executor(), time);
  // A wait that is over may be queued already when this object goes: it then finds no owner.
  self_ = std::make_shared<Connection*>(this);
  sign_in_timer_->async_wait(
      [owner = std::weak_ptr(self_)](const boost::system::error_code& error) {
        const auto self = owner.lock();
        if (error || !self || (*self)->signed_in_) return;
        (*self)->close({wire::CloseCode::sign_in_timeout, "not signed in in time"});
      });
}

void Connection::on_message(std::string_view text) {
  if (closing_) return;
  auto request = parse_request(text);
  if (!request) {
    if (!flooded(request.error().id, 1)) refuse(request.error(), class_of(request.error().error));
    return;
  }
  const protocol::MethodInfo& method = protocol::info(request->method);
  if (flooded(request->id, method.cost)) return;
  if (method.sign_in == protocol::SignInNeed::required && !signed_in_) {
    return refuse(request->id, kSignInRequired, Refused::sign_in);
  }
  if (method.sign_in == protocol::SignInNeed::before && signed_in_) {
    return refuse(request->id, kSignInDone, Refused::sign_in);
  }
  if (in_flight_ >= frontage_.limits.in_flight) {
    return refuse(request->id, kInFlight, Refused::in_flight);
  }
  take(std::move(*request));
}

void Connection::take(ParsedRequest request) {
  // From here on log events flow again: those that the coming answer holds as well are recognised
  // by their seq, and none between the two is lost.
  if (request.method == protocol::Method::sync_since) lagged_ = lag_told_ = false;
  ++in_flight_;
  frontage_.metrics->in_flight.add(1);
  const bool below = frontage_.submit(Request{.link = link_,
                                              .id = std::move(request.id),
                                              .method = request.method,
                                              .params = std::move(request.params),
                                              .received_us = monotonic_us()});
  if (!below || !station_->reading_allowed()) pause();
}

bool Connection::flooded(const std::string& id, double cost) {
  const Limits& limits = frontage_.limits;
  const std::int64_t wait_ms = bucket_.take(signed_in_ ? limits.session : limits.stranger, cost,
                                            frontage_.clock->monotonic_ms());
  if (wait_ms == 0) return false;
  refuse(id, kFlood, Refused::flood, wait_ms);
  strike();
  return true;
}

void Connection::strike() {
  const std::int64_t now_ms = frontage_.clock->monotonic_ms();
  if (now_ms - strikes_since_ms_ > kStrikeWindowMs) {
    strikes_since_ms_ = now_ms;
    strikes_ = 0;
  }
  if (++strikes_ >= frontage_.limits.flood_strikes)
    close({wire::CloseCode::flood, "too many requests"});
}

void Connection::refuse(const Refusal& refusal, Refused why) {
  frontage_.metrics->refused(why);
  send_or_hold(error_frame(refusal.id, refusal.error, refusal.path));
}

void Connection::refuse(std::string_view id, const ErrorSpec& spec, Refused why,
                        std::int64_t retry_ms) {
  frontage_.metrics->refused(why);
  Error error(spec);
  if (retry_ms > 0) error = std::move(error).retry_after(retry_ms);
  send_or_hold(error_frame(id, error));
}

void Connection::reply(Reply item) {
  if (in_flight_ > 0) {
    --in_flight_;
    frontage_.metrics->in_flight.add(-1);
  }
  if (item.signed_in && !signed_in_) {
    signed_in_ = true;
    sign_in_timer_.reset();
    bucket_ = TokenBucket(frontage_.limits.session);
    frontage_.strangers.fetch_sub(1, std::memory_order_relaxed);
  }
  // A person has to find a code, or to reach for the primary device.
  if (item.proof_awaited && !signed_in_) start_sign_in_timer(frontage_.limits.proof);
  send_or_hold(std::move(item.frame));
}

void Connection::send_or_hold(std::string frame) {
  if (closing_) return;
  if (held_.empty()) {
    auto shared = std::make_shared<const std::string>(std::move(frame));
    if (socket_->send(shared)) return;
    frame = *shared;
  }
  held_bytes_ += frame.size();
  held_.push_back(std::move(frame));
  if (held_bytes_ > frontage_.limits.held_reply_bytes) {
    return close({wire::CloseCode::slow_reader, "answers are not read"});
  }
  pause();
}

void Connection::push(const Push& item) {
  if (!signed_in_ || closing_) return;
  const bool wanted = item.control || (!lagged_ && room_for(item.urgency));
  if (wanted && socket_->send(item.frame)) {
    frontage_.metrics->pushed.add();
    return;
  }
  frontage_.metrics->dropped(item.urgency);
  if (item.urgency == sync::Urgency::log && !lagged_) fall_behind();
}

bool Connection::room_for(sync::Urgency urgency) const {
  // What may be lost leaves the upper part of the queue to what may not.
  const std::size_t limit = frontage_.limits.send_queue_bytes;
  switch (urgency) {
    case sync::Urgency::typing:
      return socket_->queued_bytes() < limit / 4;
    case sync::Urgency::presence:
      return socket_->queued_bytes() < limit / 2;
    case sync::Urgency::receipt:
      return socket_->queued_bytes() < limit / 4 * 3;
    case sync::Urgency::log:
      return held_.empty();
  }
  return true;
}

void Connection::fall_behind() {
  lagged_ = true;
  lag_told_ = false;
  frontage_.metrics->lagged.add();
}

void Connection::on_drained() {
  if (closing_) return;
  while (!held_.empty()) {
    auto frame = std::make_shared<const std::string>(std::move(held_.front()));
    if (!socket_->send(frame)) {
      held_.front() = *frame;
      return;
    }
    held_bytes_ -= frame->size();
    held_.pop_front();
  }
  if (lagged_ && !lag_told_) {
    const auto frame =
        std::make_shared<const std::string>(event_frame(protocol::event::kSyncLagged, "{}"));
    lag_told_ = socket_->send(frame);
  }
  if (paused_ && station_->reading_allowed()) go_on_reading();
}

void Connection::pause() {
  if (paused_ || closing_) return;
  paused_ = true;
  frontage_.metrics->paused.add();
  socket_->pause_reading();
  station_->wait_for_reading(link_->ref);
}

void Connection::go_on_reading() {
  if (!paused_) return;
  if (!held_.empty()) return;  // on_drained() comes back here
  paused_ = false;
  if (!closing_) socket_->resume_reading();
}

void Connection::close(const PendingClose& why) {
  if (closing_) return;
  closing_ = true;
  socket_->close(why.code, why.reason);
}

void Connection::on_closed(std::uint16_t, std::string_view) {
  closing_ = true;
  sign_in_timer_.reset();
  self_.reset();
  frontage_.metrics->connections.add(-1);
  frontage_.metrics->in_flight.add(-static_cast<double>(in_flight_));
  station_->remove(link_->ref);
  frontage_.submit(Gone{link_});
  socket_ = nullptr;
}

}  // namespace conclave::doors::native
