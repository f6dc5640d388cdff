#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/secret.hpp"

// A Conclave device in a C++ program. One Client is one device of one user: it keeps the device's
// key, signs in, stays connected, resends what was not acknowledged and brings the program up to
// date after every interruption, without gap and without repeat.
//
//     auto client = Client::open({.server = "wss://chat.example:8443", .ca_file = "root.pem",
//                                 .home = "/home/ada/.conclave"}, listener);
//     (*client)->enrol("ada@example.org", std::move(password), "Ada's laptop");  // once a device
//     (*client)->start();                                                        // then, always
//     (*client)->send(room, {{"text", "Good morning"}});
//
// Methods, parameters, results and events are those of docs/protocol.md; they travel as JSON.
namespace conclave::client {

namespace json = boost::json;

struct Options {
  // "wss://host[:port]"; "ws://host[:port]" only to a loopback address (tests, same machine).
  // Empty: the server that the home folder remembers.
  std::string server;
  // PEM file with the installation's root certificate. Copied into the home folder at enrolment and
  // used from there afterwards. Ignored for ws://.
  std::filesystem::path ca_file;
  // PEM file with a client certificate, what stands behind it, and its key, for organisations whose
  // VPN it proves. Read at each connection, so that a renewed one counts; empty: none is shown.
  std::filesystem::path certificate_file;
  // Folder of this device, made with mode 0700: key, cursor, unsent messages. Used by one Client at
  // a time (a lock file sees to it).
  std::filesystem::path home;
  std::string platform = "linux";  // lower case letters, digits, '.', '-'
  // What names this machine and this installation of the program; only digests leave the device. A
  // device that has both can become the primary one.
  std::string hardware_id;
  std::string service_id;
  std::int64_t call_timeout_ms = 15'000;
  std::int64_t connect_timeout_ms = 10'000;
  std::int64_t backoff_first_ms = 400;  // doubles with each failure, half of it by chance
  std::int64_t backoff_max_ms = 30'000;
  unsigned sync_tail = 20;  // entries of each changed room that a catch-up brings, 0 to 50
  // Read what a long absence left out between the known head and the tail, oldest first. Off: the
  // program reads message.history when somebody looks (RoomNews::gap says where).
  bool fill_gaps = true;
  // Off: for programs that ask something and end. Nothing is caught up with, the cursor stays where
  // it is, and log events arrive as they are, through Listener::on_event.
  bool catch_up = true;
};

// What the server said beside reason and advice: ticket, step_ups, reasons, number, ...
[[nodiscard]] json::object members_of(const Error& error);

enum class State {
  stopped,     // start() was not called, or stop() was
  connecting,  // also while waiting for the next attempt
  signing_in,
  syncing,  // signed in; catching up
  online,   // events are live
  refused,  // signed out, replaced or revoked: not tried again by itself (start() does)
};
[[nodiscard]] std::string_view to_text(State state);

struct SignedIn {
  std::string account;
  UserId user;
  TenantId tenant;
  DeviceId device;
};

// Entries of one room that this device has not had before, in order of seq, each exactly once. An
// edit, a redaction or a reaction is an entry of its own whose `target` is the message's seq.
struct RoomNews {
  std::string room;
  std::optional<json::object> profile;  // Room, when the news come from a catch-up
  json::array entries;
  // Entries in between that were left out: after < seq < before. Only with fill_gaps off.
  struct Gap {
    std::int64_t after = 0;
    std::int64_t before = 0;
  };
  std::optional<Gap> gap;
  bool live = false;  // false: happened while this device was away
};

// What became of a send(): the answer {room, seq, n, ts_ms}, or why the server will never take it.
struct Sent {
  std::int64_t client_id = 0;
  std::string method;
  Result<json::object> answer;
};

// Called on the client's own thread, one call at a time; must not block and must not call blocking
// functions of the Client. Outlives the Client.
class Listener {
 public:
  virtual ~Listener() = default;
  // `why` is set when a connection was lost or refused.
  virtual void on_state(State /*state*/, const std::optional<Error>& /*why*/) {}
  virtual void on_room(const RoomNews& /*news*/) {}
  virtual void on_room_left(std::string_view /*room*/) {}
  // The server's store is another one, or the device was away too long: forget what you have; all
  // rooms follow as news.
  virtual void on_reset() {}
  // settings.*, draft.*, mute.*; `value` is null when deleted.
  virtual void on_state_value(std::string_view /*key*/, const json::value& /*value*/) {}
  // Every other event: receipt.changed, typing.changed, presence.changed, room.updated, …
  virtual void on_event(std::string_view /*method*/, const json::object& /*params*/) {}
  virtual void on_sent(const Sent& /*sent*/) {}
  // The home folder could not be written. It is tried again; if the program ends before that works,
  // its next start may show some entries twice.
  virtual void on_trouble(const Error& /*what*/) {}
};

// Thread-safe. Destroying it closes the connection; unsent messages stay in the home folder.
class Client {
 public:
  using Answer = std::move_only_function<void(Result<json::object>)>;

  // Takes the lock and reads the home folder; connects nowhere yet. kHomeBusy, kHomeUnusable.
  [[nodiscard]] static Result<std::unique_ptr<Client>> open(Options options, Listener& listener);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // True when the home folder holds an enrolled device.
  [[nodiscard]] bool enrolled() const;
  [[nodiscard]] std::optional<SignedIn> identity() const;

  // Makes a device key, signs in with the password and stores the device in the home folder.
  // Blocks; start() does not need to be called before, and goes on with this connection when called
  // later.
  [[nodiscard]] Result<SignedIn> enrol(std::string account, base::Secret password,
                                       std::string device_name);

  // When enrol() or a sign-in said "sign_in.step_up" (members_of has what would do): one more proof
  // of that sign-in. Blocks. For factor "primary" it asks the primary device and comes back with
  // "approval.pending" until its person has answered: show the number that members_of has, repeat
  // after retry_after_ms. kNoProofAsked.
  [[nodiscard]] Result<SignedIn> show_proof(std::string factor, std::string code);
  // Answers one element of approval.list, on the primary device: with the number that the person
  // typed or the secret of a code that was read. Blocks.
  [[nodiscard]] Result<void> answer_newcomer(const json::object& waiting, bool approve,
                                             std::string number, std::string secret);

  // Connects, signs in, catches up and stays connected until stop(). kNotEnrolled.
  [[nodiscard]] Result<void> start();
  void stop();
  // Waits for State::online; returns why it did not come to it. Comes back early when waiting is
  // useless (refused, wrong certificate) and, when not `patient`, when an attempt has failed.
  [[nodiscard]] Result<void> wait_online(std::int64_t timeout_ms, bool patient = true);

  // Any request of the protocol. Fails with kConnectionLost when the connection ends before the
  // answer: the program decides whether asking again is right. Server errors keep their reason.
  void call(std::string method, json::object params, Answer answer);
  [[nodiscard]] std::future<Result<json::object>> call(std::string method, json::object params);

  // message.send, or another method with a client_id ("message.edit", …). Kept on disk until the
  // server has acknowledged or refused it; sent again after a lost connection with the same
  // client_id, so the room gets it once. Returns that client_id; Listener::on_sent has the outcome.
  [[nodiscard]] Result<std::int64_t> send(std::string_view room, json::object params,
                                          std::string_view method = "message.send");
  [[nodiscard]] std::size_t unsent() const;

  // Orders another device of this account to wipe itself: asks for the order, reads it, signs it
  // with this device's key, gives it. The answer is the order (Order). Blocks; must be online.
  [[nodiscard]] Result<json::object> order_wipe(DeviceId device);

 private:
  class Engine;
  explicit Client(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
};

}  // namespace conclave::client
