#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sdk/client/backoff.hpp"
#include "sdk/client/calls.hpp"
#include "sdk/client/client.hpp"
#include "sdk/client/device_key.hpp"
#include "sdk/client/feed.hpp"
#include "sdk/client/held_order.hpp"
#include "sdk/client/home.hpp"
#include "sdk/client/outbox.hpp"
#include "sdk/client/transport.hpp"

namespace conclave::client {

// What a Client does: one thread that owns the connection, the outbox and the feed. The public part
// may be called from any thread and hands over to that thread; the rest runs on it.
class Client::Engine {
 public:
  Engine(Options options, Listener& listener, Home home, std::optional<DeviceRecord> device,
         std::optional<DeviceKey> key, Progress progress, std::optional<HeldOrder> order);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] std::optional<SignedIn> identity() const;
  [[nodiscard]] Result<SignedIn> enrol(std::string account, base::Secret password,
                                       std::string device_name);
  [[nodiscard]] Result<void> start();
  void stop();
  [[nodiscard]] Result<void> wait_online(std::int64_t timeout_ms, bool patient);
  void call(std::string method, json::object params, Answer answer);
  [[nodiscard]] Result<std::int64_t> send(std::string_view room, json::object params,
                                          std::string_view method);
  [[nodiscard]] std::size_t unsent() const;
  [[nodiscard]] Result<SignedIn> show_proof(std::string factor, std::string code);
  [[nodiscard]] Result<void> answer_newcomer(const json::object& waiting, bool approve,
                                             std::string number, std::string secret);
  [[nodiscard]] Result<Bytes> sign_order(ByteView document, std::string_view kind, DeviceId device);

 private:
  struct Enrolment {
    std::string account;
    base::Secret password;
    std::string device_name;
    DeviceKey key;
    std::string authority_pem;
    std::promise<Result<SignedIn>> done;
  };
  struct Hello {
    Bytes nonce;
    std::size_t in_flight = 1;
  };
  // A room whose news have a gap in front that is being read.
  struct Filling {
    RoomNews news;
    std::int64_t after = 0;
    std::int64_t before = 0;
  };

  // engine.cpp: connection and its loss
  void connect();
  void on_frame(std::string_view frame);
  void on_closed(Transport::Closed closed);
  void retry(const Error& why, std::int64_t at_least_ms);
  void drop_connection();
  void give_up(const Error& why);
  void tick();
  void request(std::string_view method, const json::object& params, Answer answer);
  void set_state(State state, std::optional<Error> why = std::nullopt);
  void protocol_error(std::string detail);

  // engine_sign_in.cpp
  void on_hello(const json::object& params);
  void sign_in();
  void ask_enrol();
  void ask_prove();
  void ask_resume();
  void on_signed_in(Result<json::object> answer);
  void on_sign_in_error(const Error& error);
  [[nodiscard]] Result<void> finish_enrolment(const json::object& answer, Bytes command_key);

  // engine_orders.cpp
  void look_for_orders(const Error& refusal);
  void reconnect();
  void ask_orders();
  void on_orders(Result<json::object> answer);
  [[nodiscard]] Result<void> accept_order(const json::object& order);
  void obey();
  void carry_out();
  void report_execution();
  void destroy_key(bool proven);
  void pin_command_key(json::object signed_in);
  void end_enrolment(const json::object& signed_in, Bytes command_key);

  // engine_proof.cpp
  [[nodiscard]] bool waits_for_proof(const Error& error);
  void wait_for_proof(const Error& error);
  void settle_proof(Result<SignedIn> outcome);

  // engine_feed.cpp
  void begin_sync();
  void next_page();
  void on_page(json::object page);
  void on_page_room(json::object room);
  void fill_next_gap();
  void on_gap_page(const json::object& page);
  void finish_page();
  void finish_sync();
  void on_event(std::string_view method, json::object params);
  void on_log_event(std::string_view method, json::object params);
  void deliver(const RoomNews& news);
  void send_from_outbox();
  void on_outbox_answer(std::int64_t client_id, Result<json::object> answer);
  [[nodiscard]] Result<void> save_progress();
  void keep_progress();  // tells the listener when it does not work; the next tick tries again
  [[nodiscard]] Progress progress() const;

  Options options_;
  Listener& listener_;
  Home home_;
  std::optional<DeviceRecord> device_;
  std::optional<DeviceKey> key_;

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer pause_timer_;  // of the outbox
  std::shared_ptr<Transport> transport_;   // null between connections; shared with its callbacks
  Backoff backoff_;
  Calls calls_;
  Outbox outbox_;
  Feed feed_;
  std::string cursor_;
  std::optional<Hello> hello_;
  std::unique_ptr<Enrolment> enrolment_;
  std::optional<HeldOrder> order_;  // accepted, and not yet proven to the server
  std::optional<Error> refusal_;    // why sign-in ended; the next connection asks for orders
  bool wiped_ = false;              // nothing is written into the home folder any more
  std::string ticket_;              // of a sign-in that waits for one more proof
  std::unique_ptr<std::promise<Result<SignedIn>>> proof_;  // of show_proof()
  Bytes resume_handle_;                                    // memory only, good once
  std::int64_t drain_wait_ms_ = 0;  // from server.draining, for the next attempt
  bool wanted_ = false;             // start() was called
  bool signed_in_ = false;
  bool ending_ = false;         // the destructor waits for the thread
  bool dirty_ = false;          // progress differs from what is on disk
  bool outbox_paused_ = false;  // the server asked to come back later
  bool page_more_ = false;
  std::string page_cursor_;
  std::deque<Filling> filling_;
  std::deque<std::pair<std::string, json::object>>
      held_events_;  // during a catch-up, at most 4,096

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  State state_ = State::stopped;
  std::optional<Error> last_error_;
  std::uint64_t failures_ = 0;
  std::optional<SignedIn> identity_;
  std::size_t unsent_ = 0;

  std::thread thread_;
};

}  // namespace conclave::client
