#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "runtime/async/task_group.hpp"
#include "runtime/doors/native/connection.hpp"
#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/station.hpp"

namespace conclave::doors::native {

// The shard's side of the door: takes requests in batches, gives each to its method, sends answers
// and events back in batches. On the shard's thread, except submit().
class Desk final : public sync::EventDoor {
 public:
  struct Parts {
    Domain domain;
    const Frontage& frontage;
    std::vector<std::unique_ptr<Station>>& stations;
    boost::asio::any_io_executor executor;  // the shard's
  };
  explicit Desk(Parts parts);
  ~Desk() override;

  // Any thread. False: the shard is behind, stop reading until Reading{true}.
  bool submit(Inbound item);

  void stop_reading();
  void resume_reading();

  // New requests are refused from now on; `done` is called once those in flight are answered.
  void stop(std::function<void()> done);

  void deliver(const sync::Event& event, std::span<sync::Subscriber* const> receivers) override;
  void disconnect(sync::Subscriber& subscriber, std::uint16_t close_code,
                  std::string_view reason) override;

 private:
  struct UserKey {
    TenantId tenant;
    UserId user;
    friend bool operator==(const UserKey&, const UserKey&) = default;
  };
  struct UserKeyHash {
    std::size_t operator()(const UserKey& key) const noexcept {
      return std::hash<UserId>{}(key.user) ^ (std::hash<TenantId>{}(key.tenant) << 1);
    }
  };

  void handle(std::vector<Inbound> batch);
  void handle(Request& request);
  void handle(Gone& gone);
  // What speaks against answering at all: sign-in state, drain, load, flood.
  [[nodiscard]] Result<void> admissible(const Request& request);
  [[nodiscard]] Result<void> begin_sign_in(Link& link);
  [[nodiscard]] Result<void> within_restriction(const identity::Actor& actor,
                                                protocol::Method method) const;
  [[nodiscard]] Result<void> within_flood_limits(const identity::Actor& actor);
  template <class P>
  void run(Call call, P params);
  [[nodiscard]] Task<void> finish(Call call, Task<Text> work);
  [[nodiscard]] Task<void> finish(Call call, Task<void> work);

  void answer(const Call& call, Text text, bool signed_in = false);
  void admit(const Call& call, const admission::SignedIn& signed_in);
  // A session ended other than by losing its connection.
  void session_ended(const identity::Session& session, identity::SessionEnd why);
  void push(const sync::Event& event, std::string frame,
            std::vector<std::vector<ConnectionRef>>& to);
  void send(ConnectionRef to, Outbound item);
  void send_all(Reading reading);
  void forget_idle_buckets(std::int64_t now_ms);

  Domain domain_;
  const Frontage& frontage_;
  std::vector<std::unique_ptr<Station>>& stations_;
  Methods methods_;
  // Keeps what Subscriber::connection points to, until the connection is gone.
  std::unordered_map<SessionId, std::shared_ptr<Link>> links_;
  std::unordered_map<UserKey, TokenBucket, UserKeyHash> user_buckets_;
  std::unordered_map<TenantId, TokenBucket> tenant_buckets_;
  std::size_t signing_in_ = 0;
  bool stopping_ = false;
  bool reading_stopped_ = false;
  std::atomic<bool> inbox_full_{false};
  async::TaskGroup tasks_;
  async::BatchQueue<Inbound> inbox_;
};

}  // namespace conclave::doors::native
