#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/random.hpp"
#include "runtime/identity/actor.hpp"
#include "runtime/network/certificate_chain.hpp"
#include "runtime/observe/metrics.hpp"

namespace conclave::identity {

// Why a session ended; the native door maps it to a close code.
enum class SessionEnd {
  signed_out,  // the person, here or from another device
  revoked,     // device removed, user disabled, tenant deleted, ended by an admin
  replaced,    // the same device signed in or resumed again
  changed,     // rights changed: prove the device key again to get the new ones
  displaced,   // made room for another device of the user, as the cap says
  expired,     // detached and unused for too long; there is no connection any more
};

// What is left of a session that the tenant's rules hold back.
struct Restriction {
  std::vector<std::string> methods;  // that it may call, sorted
  std::string members;               // of the error for everything else: reasons, as JSON
};

struct Session {
  SessionId id;
  Actor actor;
  base::Sha256 device_key_digest{};
  std::uint64_t generation =
      1;  // in each access token; the session's end makes all of them worthless
  std::int64_t created_ms = 0;      // UTC
  std::int64_t last_active_ms = 0;  // UTC
  std::int64_t idle_since_ms = 0;   // monotonic; of a session without a connection
  std::string address;
  std::string platform;                            // of its device
  network::PresentedChain certificates;            // that let it in; null: none did
  std::int64_t recheck_ms = 0;                     // UTC: when to look again; 0: never
  std::shared_ptr<const Restriction> restriction;  // shared with answers under way; null: none
  bool exclusive = false;                          // one at a time for its device
  bool attached = false;                           // a WebSocket is open for it
  bool connected = false;                          // counts against the connections of its tenant
};

// The sessions of one shard, their resume handles and access tokens: memory only, a restart asks
// every device for its key again. On the shard's thread only.
class Sessions {
 public:
  struct Limits {
    std::int64_t resume_ms = 600'000;
    std::int64_t idle_ms = 900'000;      // a session without a connection and requests ends
    std::size_t sessions_per_user = 64;  // the oldest is replaced
    std::size_t connections_per_tenant = 10'000;  // one more is refused
  };
  struct Parts {
    const base::Clock& clock;
    base::Random& random;
    observe::Metrics& metrics;
    Limits limits;
  };
  explicit Sessions(Parts parts);
  ~Sessions();

  // Called for each session that ends other than by detach(), after it has left the table. The
  // composition root connects it to sync::Hub::disconnect.
  using EndHook = std::function<void(const Session& session, SessionEnd why)>;
  void on_end(EndHook hook) { hook_ = std::move(hook); }

  // With `exclusive` (a WebSocket), older exclusive sessions of the same device end as `replaced`;
  // sessions of the management API stand beside them.
  struct Opening {
    Actor actor;  // without session
    base::Sha256 device_key_digest{};
    std::string address = {};
    std::string platform = {};
    bool exclusive = false;
    std::int64_t recheck_ms = 0;
    std::shared_ptr<const Restriction> restriction = {};  // shared with answers under way
    network::PresentedChain certificates = {};
  };
  const Session& open(Opening opening);
  // False: the tenant has as many connections as it may have, and none of them is this device's.
  [[nodiscard]] bool has_room(TenantId tenant, UserId user, DeviceId device) const;
  [[nodiscard]] const Session* find(SessionId id) const;
  [[nodiscard]] std::vector<const Session*> of_user(TenantId tenant, UserId user) const;
  [[nodiscard]] std::vector<const Session*> of_tenant(TenantId tenant) const;

  // The door says that the session's WebSocket is open, or gone (it can then be resumed).
  void attach(SessionId id);
  void detach(SessionId id);
  void touch(SessionId id);  // a request came in

  // False when there is no such session.
  bool end(SessionId id, SessionEnd why);
  void end_user(TenantId tenant, UserId user, SessionEnd why);
  void end_device(TenantId tenant, UserId user, DeviceId device, SessionEnd why);
  void end_tenant(TenantId tenant, SessionEnd why);

  // 32 random bytes, one use; the table keeps only their digest. An older handle of the session
  // dies.
  [[nodiscard]] Bytes make_resume_handle(SessionId id);
  [[nodiscard]] std::int64_t resume_ms() const { return limits_.resume_ms; }
  // Consumes the handle: the session that it belongs to, or none.
  [[nodiscard]] std::optional<SessionId> use_resume_handle(ByteView handle);

  // A token that keyd signed for this session counts from now on (its digest is kept, the newest
  // two).
  void add_token(SessionId id, std::string_view token, std::int64_t expires_ms);
  // The session of a token that is neither expired nor of an ended session.
  [[nodiscard]] const Session* by_token(std::string_view token) const;

  // Sessions whose time to be looked at has come, at most `limit`.
  [[nodiscard]] std::vector<SessionId> due(std::int64_t now_ms, std::size_t limit) const;
  void set_recheck(SessionId id, std::int64_t at_ms);
  // A session without a connection counts for this long after its last request.
  [[nodiscard]] std::int64_t idle_ms() const { return limits_.idle_ms; }

  // Ends what has expired; once a minute or so.
  void sweep();
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  struct Kept;
  struct Hash {
    std::size_t operator()(const base::Sha256& digest) const noexcept;
  };
  struct Token {
    SessionId session;
    std::uint64_t generation = 0;
    std::int64_t expires_ms = 0;
  };
  struct UserKey {
    TenantId tenant;
    UserId user;
    friend auto operator<=>(const UserKey&, const UserKey&) = default;
  };
  void forget(const Kept& kept);
  void set_connected(Session& session, bool connected);
  void end_all(const std::vector<SessionId>& ids, SessionEnd why);

  const base::Clock& clock_;
  base::Random& random_;
  Limits limits_;
  EndHook hook_;
  std::unordered_map<SessionId, std::unique_ptr<Kept>> sessions_;
  std::map<UserKey, std::vector<SessionId>> by_user_;
  std::unordered_map<TenantId, std::size_t> connected_;
  std::unordered_map<base::Sha256, SessionId, Hash> handles_;
  std::unordered_map<base::Sha256, Token, Hash> tokens_;
  observe::Gauge open_gauge_;
};

}  // namespace conclave::identity
