#include "runtime/identity/sessions.hpp"

#include <algorithm>
#include <cstring>

namespace conclave::identity {

namespace {

constexpr std::size_t kHandleSize = 32;
constexpr std::size_t kTokensKept = 2;

}  // namespace

struct Sessions::Kept {
  Session session;
  std::vector<base::Sha256> tokens;  // oldest first
  std::optional<base::Sha256> handle;
  std::int64_t handle_expires_ms = 0;  // monotonic
};

std::size_t Sessions::Hash::operator()(const base::Sha256& digest) const noexcept {
  std::size_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

Sessions::Sessions(Parts parts)
    : clock_(parts.clock),
      random_(parts.random),
      limits_(parts.limits),
      open_gauge_(parts.metrics.gauge("conclave_sessions", "Sessions that are signed in.")) {}

Sessions::~Sessions() = default;

const Session& Sessions::open(Opening opening) {
  Actor& actor = opening.actor;
  std::vector<SessionId> replaced;
  const auto mine = of_user(actor.tenant, actor.user);
  for (const Session* session : mine) {
    if (opening.exclusive && session->exclusive && session->actor.device == actor.device) {
      replaced.push_back(session->id);
    }
  }
  if (replaced.empty() && mine.size() >= limits_.sessions_per_user) {
    const auto oldest = std::ranges::min_element(
        mine, {}, [](const Session* s) { return std::pair(s->attached, s->last_active_ms); });
    replaced.push_back((*oldest)->id);
  }
  end_all(replaced, SessionEnd::replaced);

  auto kept = std::make_unique<Kept>();
  Session& session = kept->session;
  do {
    session.id = SessionId{random_.id_value()};
  } while (sessions_.contains(session.id));
  actor.session = session.id;
  actor.restricted = opening.restriction != nullptr;
  session.actor = actor;
  session.device_key_digest = opening.device_key_digest;
  session.created_ms = clock_.utc_ms();
  session.last_active_ms = session.created_ms;
  session.idle_since_ms = clock_.monotonic_ms();
  session.address = std::move(opening.address);
  session.platform = std::move(opening.platform);
  session.certificates = std::move(opening.certificates);
  session.recheck_ms = opening.recheck_ms;
  session.restriction = std::move(opening.restriction);
  session.exclusive = opening.exclusive;
  // From the sign-in on: between it and attach() others sign in as well.
  set_connected(session, opening.exclusive);
  by_user_[{actor.tenant, actor.user}].push_back(actor.session);
  const Session& out = session;
  sessions_.emplace(actor.session, std::move(kept));
  open_gauge_.set(static_cast<double>(sessions_.size()));
  return out;
}

bool Sessions::has_room(TenantId tenant, UserId user, DeviceId device) const {
  const auto count = connected_.find(tenant);
  if (count == connected_.end() || count->second < limits_.connections_per_tenant) return true;
  return std::ranges::any_of(of_user(tenant, user), [&](const Session* session) {
    return session->connected && session->actor.device == device;
  });
}

void Sessions::set_connected(Session& session, bool connected) {
  if (session.connected == connected) return;
  session.connected = connected;
  const auto count = connected_.try_emplace(session.actor.tenant).first;
  connected ? ++count->second : --count->second;
  if (count->second == 0) connected_.erase(count);
}

const Session* Sessions::find(SessionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second->session;
}

std::vector<const Session*> Sessions::of_user(TenantId tenant, UserId user) const {
  std::vector<const Session*> out;
  const auto ids = by_user_.find({tenant, user});
  if (ids == by_user_.end()) return out;
  for (const SessionId id : ids->second) out.push_back(find(id));
  return out;
}

std::vector<const Session*> Sessions::of_tenant(TenantId tenant) const {
  std::vector<const Session*> out;
  for (auto it = by_user_.lower_bound({tenant, UserId{}});
       it != by_user_.end() && it->first.tenant == tenant; ++it) {
    for (const SessionId id : it->second) out.push_back(find(id));
  }
  return out;
}

void Sessions::attach(SessionId id) {
  if (const auto found = sessions_.find(id); found != sessions_.end()) {
    found->second->session.attached = true;
    set_connected(found->second->session, true);
  }
}

void Sessions::detach(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  found->second->session.attached = false;
  set_connected(found->second->session, false);
  touch(id);
  // The time to resume runs from the loss of the connection, not from the sign-in.
  if (found->second->handle) {
    found->second->handle_expires_ms = clock_.monotonic_ms() + limits_.resume_ms;
  }
}

void Sessions::touch(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  found->second->session.last_active_ms = clock_.utc_ms();
  found->second->session.idle_since_ms = clock_.monotonic_ms();
}

void Sessions::forget(const Kept& kept) {
  for (const auto& token : kept.tokens) tokens_.erase(token);
  if (kept.handle) handles_.erase(*kept.handle);
  const auto ids = by_user_.find({kept.session.actor.tenant, kept.session.actor.user});
  if (ids == by_user_.end()) return;
  std::erase(ids->second, kept.session.id);
  if (ids->second.empty()) by_user_.erase(ids);
}

bool Sessions::end(SessionId id, SessionEnd why) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return false;
  const std::unique_ptr<Kept> kept = std::move(found->second);
  set_connected(kept->session, false);
  sessions_.erase(found);
  forget(*kept);
  open_gauge_.set(static_cast<double>(sessions_.size()));
  if (hook_) hook_(kept->session, why);
  return true;
}

void Sessions::end_all(const std::vector<SessionId>& ids, SessionEnd why) {
  for (const SessionId id : ids) static_cast<void>(end(id, why));
}

void Sessions::end_user(TenantId tenant, UserId user, SessionEnd why) {
  const auto ids = by_user_.find({tenant, user});
  if (ids != by_user_.end()) end_all(std::vector(ids->second), why);
}

void Sessions::end_device(TenantId tenant, UserId user, DeviceId device, SessionEnd why) {
  std::vector<SessionId> ids;
  for (const Session* session : of_user(tenant, user)) {
    if (session->actor.device == device) ids.push_back(session->id);
  }
  end_all(ids, why);
}

void Sessions::end_tenant(TenantId tenant, SessionEnd why) {
  std::vector<SessionId> ids;
  for (const Session* session : of_tenant(tenant)) ids.push_back(session->id);
  end_all(ids, why);
}

Bytes Sessions::make_resume_handle(SessionId id) {
  Bytes handle = random_.bytes(kHandleSize);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return handle;  // belongs to nothing: it will be refused
  Kept& kept = *found->second;
  if (kept.handle) handles_.erase(*kept.handle);
  kept.handle = base::sha256(handle);
  kept.handle_expires_ms = clock_.monotonic_ms() + limits_.resume_ms;
  handles_[*kept.handle] = id;
  return handle;
}

std::optional<SessionId> Sessions::use_resume_handle(ByteView handle) {
  const auto found = handles_.find(base::sha256(handle));
  if (found == handles_.end()) return std::nullopt;
  const SessionId id = found->second;
  handles_.erase(found);
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return std::nullopt;
  Kept& kept = *session->second;
  kept.handle.reset();
  // A handle does not age while its connection stands.
  if (!kept.session.attached && clock_.monotonic_ms() > kept.handle_expires_ms) return std::nullopt;
  return id;
}

void Sessions::add_token(SessionId id, std::string_view token, std::int64_t expires_ms) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Kept& kept = *found->second;
  const base::Sha256 digest = base::sha256(token);
  kept.tokens.push_back(digest);
  tokens_[digest] = {id, kept.session.generation, expires_ms};
  if (kept.tokens.size() > kTokensKept) {
    tokens_.erase(kept.tokens.front());
    kept.tokens.erase(kept.tokens.begin());
  }
}

const Session* Sessions::by_token(std::string_view token) const {
  const auto found = tokens_.find(base::sha256(token));
  if (found == tokens_.end() || found->second.expires_ms <= clock_.utc_ms()) return nullptr;
  const Session* session = find(found->second.session);
  if (session == nullptr || session->generation != found->second.generation) return nullptr;
  return session;
}

std::vector<SessionId> Sessions::due(std::int64_t now_ms, std::size_t limit) const {
  std::vector<SessionId> out;
  for (const auto& [id, kept] : sessions_) {
    if (out.size() >= limit) break;
    const std::int64_t at_ms = kept->session.recheck_ms;
    if (at_ms != 0 && at_ms <= now_ms) out.push_back(id);
  }
  return out;
}

void Sessions::set_recheck(SessionId id, std::int64_t at_ms) {
  if (const auto found = sessions_.find(id); found != sessions_.end()) {
    found->second->session.recheck_ms = at_ms;
  }
}

void Sessions::sweep() {
  const std::int64_t now_ms = clock_.monotonic_ms();
  std::vector<SessionId> expired;
  for (const auto& [id, kept] : sessions_) {
    const Session& session = kept->session;
    if (!session.attached && now_ms - session.idle_since_ms > limits_.idle_ms) {
      expired.push_back(id);
    }
  }
  end_all(expired, SessionEnd::expired);
}

}  // namespace conclave::identity
