#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/clock.hpp"
#include "runtime/doors/native/envelope.hpp"
#include "runtime/doors/native/limits.hpp"
#include "runtime/doors/native/link.hpp"
#include "runtime/doors/native/native_metrics.hpp"
#include "runtime/wire/websocket.hpp"

namespace conclave::doors::native {

class Station;

// What every connection of the door uses; outlives them.
struct Frontage {
  Limits limits;
  std::string server_name;  // told in session.hello
  std::string authority;    // base64url SHA-256 of the root certificate
  const base::Clock* clock = nullptr;
  std::unique_ptr<NativeMetrics> metrics;
  std::function<Bytes()> nonce;         // any thread
  std::function<bool(Inbound)> submit;  // any thread; false: the shard is behind, stop reading
  std::function<Station&(const boost::asio::any_io_executor&)> station_of;
  std::atomic<std::size_t> strangers{0};  // connections that are not signed in
};

// One WebSocket of a client, on its I/O thread: hello, parsing, limits, and the way back with its
// order of what is dropped when the client reads too slowly. The shard decides everything else.
class Connection final : public wire::WebSocketHandler {
 public:
  explicit Connection(Frontage& frontage);
  ~Connection() override;

  void on_open(wire::WebSocket& socket) override;
  void on_message(std::string_view text) override;
  void on_drained() override;
  void on_closed(std::uint16_t code, std::string_view reason) override;

  // From the shard, through the station.
  void reply(Reply item);
  void push(const Push& item);
  void close(const PendingClose& why);
  void go_on_reading();

 private:
  [[nodiscard]] std::string hello_frame() const;
  void start_sign_in_timer(std::chrono::milliseconds time);
  void take(ParsedRequest request);
  void refuse(const Refusal& refusal, Refused why);
  void refuse(std::string_view id, const ErrorSpec& spec, Refused why, std::int64_t retry_ms = 0);
  // True when the request may not pass now; it has been answered then.
  [[nodiscard]] bool flooded(const std::string& id, double cost);
  void strike();
  void send_or_hold(std::string frame);
  void pause();
  [[nodiscard]] bool room_for(sync::Urgency urgency) const;
  void fall_behind();

  Frontage& frontage_;
  wire::WebSocket* socket_ = nullptr;  // from on_open to on_closed
  Station* station_ = nullptr;
  std::shared_ptr<Link> link_;  // shared with requests and the shard, see Link
  std::optional<boost::asio::steady_timer> sign_in_timer_;
  std::shared_ptr<Connection*> self_;  // held weakly by the timer's handler; gone with on_closed
  TokenBucket bucket_;
  std::deque<std::string> held_;  // answers that the full send queue did not take
  std::size_t held_bytes_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t strikes_ = 0;
  std::int64_t strikes_since_ms_ = 0;
  bool signed_in_ = false;
  bool paused_ = false;
  bool closing_ = false;
  bool lagged_ = false;  // log events are not pushed until sync.since
  bool lag_told_ = false;
};

}  // namespace conclave::doors::native
