#include "runtime/doors/native/desk.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>

#include "runtime/admission/errors.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/envelope.hpp"
#include "runtime/doors/native/errors.hpp"
#include "runtime/doors/native/views.hpp"
#include "runtime/factors/errors.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::doors::native {
namespace {

constexpr std::int64_t kBusyRetryMs = 1'000;

std::int64_t monotonic_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// What is written into rooms and counts against the limits of the user and the tenant.
bool is_write(protocol::Method method) {
  switch (method) {
    case protocol::Method::message_send:
    case protocol::Method::message_edit:
    case protocol::Method::message_redact:
    case protocol::Method::message_react:
    case protocol::Method::message_unreact:
    case protocol::Method::message_pin:
    case protocol::Method::message_unpin:
      return true;
    default:
      return false;
  }
}

// The sign-in is not over: its ticket is good still.
bool awaits_proof(const Error& error) {
  return error.is(admission::kStepUpNeeded) || error.is(admission::kApprovalPending) ||
         error.is(factors::kFactorWrong) || error.is(factors::kWebAuthnRefused);
}

Text signed_in_text(const admission::SignedIn& done, const std::string& cursor) {
  JsonText json(1536);
  json.open().field("session", done.actor.session).field("tenant", done.actor.tenant);
  json.field("user", done.actor.user).field("device", done.actor.device);
  json.field("account", done.account);
  append_items(json, "roles", identity::role_names(done.actor.roles));
  if (!done.access_token.empty()) {
    json.field("access_token", done.access_token);
    json.field("access_expires_ms", done.access_expires_ms);
  }
  json.field("resume_handle", base::base64url_encode(done.resume_handle));
  json.field("resume_expires_ms", done.resume_expires_ms).field("cursor", cursor);
  json.field("resumed", done.resumed);
  if (!done.methods.empty()) append_items(json, "methods", done.methods);
  if (!done.notices.empty()) json.field_raw("reasons", done.notices);
  json.close();
  return json.take();
}

}  // namespace

Desk::Desk(Parts parts)
    : domain_(parts.domain),
      frontage_(parts.frontage),
      stations_(parts.stations),
      methods_(
          parts.domain, *parts.frontage.clock,
          [this](const Call& call, Text text) { answer(call, std::move(text)); },
          [this](const Call& call, const admission::SignedIn& done) { admit(call, done); }),
      tasks_(parts.executor),
      inbox_(parts.executor, parts.frontage.limits.inbox,
             [this](std::vector<Inbound> batch) { handle(std::move(batch)); }) {
  domain_.sessions.on_end([this](const identity::Session& session, identity::SessionEnd why) {
    session_ended(session, why);
  });
}

Desk::~Desk() {
  domain_.sessions.on_end({});
}

bool Desk::submit(Inbound item) {
  const bool below = inbox_.push(std::move(item));
  if (!below) inbox_full_.store(true, std::memory_order_release);
  return below;
}

void Desk::handle(std::vector<Inbound> batch) {
  for (Inbound& item : batch) {
    std::visit([this](auto& each) { handle(each); }, item);
  }
  const bool was_full = inbox_full_.exchange(false, std::memory_order_acq_rel);
  if (was_full && !reading_stopped_) send_all(Reading{true});
}

void Desk::handle(Request& request) {
  Call call{.link = std::move(request.link),
            .id = std::move(request.id),
            .method = request.method,
            .received_us = request.received_us};
  if (call.link->stage == Stage::gone) return;
  request.link = call.link;
  if (auto allowed = admissible(request); !allowed) {
    return answer(call, std::unexpected(std::move(allowed).error()));
  }
  std::visit([this, &call](auto& params) { run(std::move(call), std::move(params)); },
             request.params);
}

template <class P>
void Desk::run(Call call, P params) {
  // A method of the schema without a perform() does not compile here.
  using Form = decltype(methods_.perform(call, std::move(params)));
  if constexpr (std::is_same_v<Form, Text>) {
    answer(call, methods_.perform(call, std::move(params)));
  } else if constexpr (std::is_same_v<Form, void>) {
    methods_.perform(std::move(call), std::move(params));
  } else {
    tasks_.spawn(finish(call, methods_.perform(call, std::move(params))));
  }
}

Task<void> Desk::finish(Call call, Task<Text> work) {
  answer(call, co_await std::move(work));
}

Task<void> Desk::finish(Call, Task<void> work) {
  co_await std::move(work);
  --signing_in_;
}

Result<void> Desk::admissible(const Request& request) {
  if (stopping_) return fail(base::kShuttingDown);
  Link& link = *request.link;
  const protocol::SignInNeed need = protocol::info(request.method).sign_in;
  if (need == protocol::SignInNeed::before) return begin_sign_in(link);
  if (need == protocol::SignInNeed::any) return {};
  if (link.stage == Stage::ended) return fail(identity::kSessionEnded);
  if (link.stage != Stage::ready) return fail(kSignInRequired);
  if (link.actor.restricted) CONCLAVE_TRY(within_restriction(link.actor, request.method));
  domain_.sessions.touch(link.actor.session);
  domain_.presence.touch(link.actor);
  if (is_write(request.method)) return within_flood_limits(link.actor);
  return {};
}

Result<void> Desk::within_restriction(const identity::Actor& actor, protocol::Method method) const {
  const identity::Session* session = domain_.sessions.find(actor.session);
  if (session == nullptr) return fail(identity::kSessionEnded);
  if (!session->restriction) return {};
  const std::string_view name = protocol::info(method).name;
  if (std::ranges::binary_search(session->restriction->methods, name)) return {};
  return std::unexpected(
      Error(admission::kSessionRestricted).with_members(session->restriction->members));
}

Result<void> Desk::begin_sign_in(Link& link) {
  if (link.stage != Stage::stranger) return fail(kSignInDone);
  if (signing_in_ >= frontage_.limits.sign_ins_at_once) {
    frontage_.metrics->refused(Refused::busy);
    return std::unexpected(Error(kServerBusy).retry_after(kBusyRetryMs));
  }
  link.stage = Stage::signing_in;
  ++signing_in_;
  return {};
}

Result<void> Desk::within_flood_limits(const identity::Actor& actor) {
  const Limits& limits = frontage_.limits;
  const std::int64_t now_ms = frontage_.clock->monotonic_ms();
  forget_idle_buckets(now_ms);
  TokenBucket& user =
      user_buckets_.try_emplace({actor.tenant, actor.user}, limits.user).first->second;
  TokenBucket& tenant = tenant_buckets_.try_emplace(actor.tenant, limits.tenant).first->second;
  std::int64_t wait_ms = user.take(limits.user, 1, now_ms);
  if (wait_ms == 0) wait_ms = tenant.take(limits.tenant, 1, now_ms);
  if (wait_ms == 0) return {};
  frontage_.metrics->refused(Refused::flood);
  return std::unexpected(Error(kFlood).retry_after(wait_ms));
}

void Desk::forget_idle_buckets(std::int64_t now_ms) {
  constexpr std::size_t kKept = 20'000;
  if (user_buckets_.size() <= kKept) return;
  std::erase_if(user_buckets_, [&](const auto& entry) {
    return entry.second.full(frontage_.limits.user, now_ms);
  });
}

void Desk::answer(const Call& call, Text text, bool signed_in) {
  const Error* error = text ? nullptr : &text.error();
  if (error != nullptr && error->kind() == ErrorKind::internal) {
    observe::error("native.request_failed", {{"method", protocol::info(call.method).name},
                                             {"session", call.actor().session},
                                             {"error", *error}});
  }
  frontage_.metrics->answered(call.method, error,
                              static_cast<double>(monotonic_us() - call.received_us) / 1e6);
  Link& link = *call.link;
  if (link.stage == Stage::gone) return;
  send(link.ref, Reply{.to = link.ref,
                       .frame = text ? result_frame(call.id, *text) : error_frame(call.id, *error),
                       .signed_in = signed_in,
                       .proof_awaited = error != nullptr && awaits_proof(*error)});
  if (link.farewells == 0 && link.close_after_farewell) {
    send(link.ref, Close{.to = link.ref, .why = *std::exchange(link.close_after_farewell, {})});
  }
}

void Desk::admit(const Call& call, const admission::SignedIn& signed_in) {
  Link& link = *call.link;
  // The client has gone meanwhile; the session waits to be resumed.
  if (link.stage == Stage::gone) return domain_.sessions.detach(signed_in.actor.session);
  link.stage = Stage::ready;
  link.actor = signed_in.actor;
  links_[link.actor.session] = call.link;
  domain_.sessions.attach(link.actor.session);
  // Cursor, answer and subscription in one step: what comes after the cursor is pushed after the
  // answer.
  const std::string cursor = domain_.chat.feed().current_cursor(link.actor.tenant);
  answer(call, signed_in_text(signed_in, cursor), true);
  domain_.hub.open(link.actor, *this, &link);
  frontage_.metrics->sessions.add(1);
  methods_.tell_device_changed(link.actor, link.actor.device, "signed_in");
}

void Desk::handle(Gone& gone) {
  Link& link = *gone.link;
  const bool had_session = link.stage == Stage::ready || link.stage == Stage::ended;
  link.stage = Stage::gone;
  if (!had_session) return;
  frontage_.metrics->sessions.add(-1);
  domain_.hub.close(link.actor.session);
  domain_.sessions.detach(link.actor.session);
  links_.erase(link.actor.session);
}

void Desk::stop(std::function<void()> done) {
  stopping_ = true;
  tasks_.close(std::move(done));
}

void Desk::send(ConnectionRef to, Outbound item) {
  stations_[to.station]->send(std::move(item));
}

void Desk::send_all(Reading reading) {
  for (const auto& station : stations_) station->send(reading);
}

void Desk::stop_reading() {
  reading_stopped_ = true;
  send_all(Reading{false});
}

void Desk::resume_reading() {
  reading_stopped_ = false;
  send_all(Reading{true});
}

}  // namespace conclave::doors::native
