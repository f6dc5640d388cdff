#include "runtime/server/domain.hpp"

#include <algorithm>

#include "hsm/api/errors.hpp"
#include "runtime/async/deadline.hpp"
#include "runtime/base/random.hpp"
#include "runtime/network/address.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::server {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = 24 * 60 * kMinuteMs;
constexpr int kEraserPause_s = 10;

identity::Sessions::Limits session_limits(const config::Config& config) {
  identity::Sessions::Limits limits;
  limits.resume_ms = static_cast<std::int64_t>(config.sign_in.resume_minutes) * kMinuteMs;
  limits.sessions_per_user = config.limits.connections_per_user;
  limits.connections_per_tenant = config.limits.connections_per_tenant;
  return limits;
}

identity::PasswordRules password_rules(const config::Config& config) {
  identity::PasswordRules rules;
  rules.min_length = config.password.min_length;
  rules.passes = static_cast<std::uint32_t>(config.password.argon2_passes);
  rules.memory_kib = static_cast<std::uint32_t>(config.password.argon2_bytes / 1024);
  return rules;
}

identity::Throttle::Limits throttle_limits(const config::Config& config) {
  identity::Throttle::Limits limits;
  limits.address.free = static_cast<double>(config.sign_in.failures_per_address_per_minute);
  limits.account.free = static_cast<double>(config.sign_in.failures_per_account_per_minute);
  limits.tenant.free = static_cast<double>(config.sign_in.failures_per_tenant_per_minute);
  return limits;
}

admission::SignIn::Limits sign_in_limits(const config::Config& config) {
  admission::SignIn::Limits limits;
  limits.origins = config.sign_in.origins;
  return limits;
}

// WebAuthn is bound to the first name of the certificate; a browser takes no address for one.
factors::RelyingParty relying_party(const config::Config& config) {
  factors::RelyingParty out;
  for (const std::string& name : config.tls.names) {
    if (out.id.empty() && !network::Address::parse(name)) out.id = name;
  }
  for (const config::Listen& listen : config.listen) {
    const std::string port = listen.port == 443 ? "" : ":" + std::to_string(listen.port);
    const bool reachable = listen.tls && listen.port != 0 && !out.id.empty();
    if (reachable) out.origins.push_back("https://" + out.id + port);
  }
  const auto& more = config.sign_in.origins;
  out.origins.insert(out.origins.end(), more.begin(), more.end());
  return out;
}

chat::Limits chat_limits(const config::Config& config) {
  chat::Limits limits;
  limits.body_bytes = config.limits.body_bytes;
  limits.in_flight = config.limits.in_flight;
  limits.page_entries = config.limits.page_entries;
  limits.page_bytes = config.limits.page_bytes;
  limits.room_members = config.limits.room_members;
  limits.rooms_per_user = config.limits.rooms_per_user;
  limits.pressure_entries = config.limits.uncommitted_entries;
  limits.pressure_bytes = config.limits.uncommitted_bytes;
  limits.tombstone_ms = static_cast<std::int64_t>(config.store.tombstone_days) * kDayMs;
  limits.receipt_flush_ms = static_cast<std::int64_t>(config.store.receipts_flush_ms);
  return limits;
}

std::function<std::uint32_t(const network::Address&)> system_in(const evidence::Sources& sources) {
  return [&sources](const network::Address& address) { return sources.look_up(address).as_number; };
}

std::optional<signals::Point> server_point(const config::Config& config) {
  const auto place = config::parse_coordinates(config.location.server_place);
  if (!place) return std::nullopt;
  return signals::Point{place->latitude, place->longitude};
}

}  // namespace

Domain::Domain(Parts parts)
    : parts_(parts),
      trail({parts.store, parts.keys, base::system_clock()}),
      anchor(trail, parts.store, parts.keys),
      directory({parts.keys, parts.metrics}),
      sessions({base::system_clock(), base::system_random(), parts.metrics,
                session_limits(parts.config)}),
      passwords({parts.keys, parts.argon2, base::system_random(), password_rules(parts.config)}),
      throttle(throttle_limits(parts.config)),
      nonces(base::system_clock(), base::system_random(),
             static_cast<std::int64_t>(parts.config.sign_in.nonce_ms)),
      writer({parts.store, parts.keys, trail}),
      rules({directory, writer, parts.keys, base::system_clock(),
             parts.config.policy.default_policy}),
      changes({directory, writer, rules, parts.keys, base::system_clock(), base::system_random(),
               parts.config.policy.signatures, parts.config.policy.user_signatures}),
      authorities({directory, writer, base::system_clock(), base::system_random()}),
      eraser({parts.store, parts.keys, base::system_clock(), parts.metrics}),
      knowledge(make_knowledge()),
      crowds({base::system_clock(), base::system_random(), system_in(parts.location), {}}),
      approvals({directory, writer, hub, base::system_clock(), base::system_random()}),
      recovery({directory, writer, hub, base::system_clock()}),
      doorkeeper({directory, sessions, writer, parts.keys, hub, approvals, recovery, knowledge,
                  base::system_clock(), base::system_random(), parts.metrics}),
      sign_in({directory, sessions, passwords, throttle, nonces, writer, doorkeeper, attestation,
               base::system_clock(), base::system_random(), parts.metrics,
               sign_in_limits(parts.config), &crowds}),
      account({directory, sessions, passwords, throttle, writer, base::system_clock()}),
      factors({directory,
               account,
               writer,
               parts.keys,
               base::system_clock(),
               base::system_random(),
               parts.config.server.name,
               relying_party(parts.config),
               {}}),
      persons({directory, account, passwords, writer, parts.keys, base::system_clock(),
               base::system_random(), factors::Persons::Limits()}),
      password_judge(in_force(), persons),
      people(directory),
      ledger(parts.store, parts.executor),
      states({parts.store, parts.keys, ledger, hub, base::system_clock()}),
      watch({parts.location,
             states,
             base::system_clock(),
             server_point(parts.config),
             in_force(),
             {},
             [this] { return everybody(); }}),
      disclosure({watch, writer, base::system_clock(), base::system_random(), in_force()}),
      chat({parts.store, parts.keys, hub, ledger, states, eraser, people, base::system_clock(),
            base::system_random(), parts.metrics, parts.executor, chat_limits(parts.config),
            parts.gate}),
      presence({hub, states, people, base::system_clock(), parts.metrics, parts.executor, {}}),
      administration({directory, sessions, passwords, writer, eraser, parts.keys, parts.store,
                      base::system_clock(), base::system_random(), &chat.administration()}),
      bootstrap({administration, directory, base::system_clock(), base::system_random(),
                 parts.paths.setup_secret,
                 static_cast<std::int64_t>(parts.config.sign_in.setup_minutes) * kMinuteMs}),
      bans({directory, sessions, writer, administration, base::system_clock(), strength()}),
      orders({directory, sessions, throttle, nonces, writer, administration, parts.keys, hub,
              base::system_clock(), base::system_random(), strength()}),
      tasks_(parts.executor) {
  connect();
}

std::function<const policy::Policy&(TenantId)> Domain::in_force() const {
  return [this](TenantId tenant) -> const policy::Policy& { return rules.of(tenant); };
}

// What is told to parts that were made before those it comes from.
void Domain::connect() {
  rules.on_change([this](TenantId tenant) { doorkeeper.policy_changed(tenant); });
  authorities.on_change([this](TenantId tenant) { doorkeeper.policy_changed(tenant); });
  passwords.judged_by(&password_judge);
  administration.also_delete(&factors);
  administration.also_delete(&persons);
}

Domain::~Domain() = default;

Task<Result<void>> Domain::start() {
  auto loaded = co_await async::await_callback<store::Snapshot>(
      [this](Callback<store::Snapshot> done) { parts_.store.load(std::move(done)); });
  if (!loaded) co_return std::unexpected(std::move(loaded).error());
  // Shared by the parts of the domain that read it while they start, some of them more than once.
  auto snapshot = std::make_shared<const store::Snapshot>(*std::move(loaded));
  if (const std::string& roots = parts_.config.sign_in.attestation_roots; !roots.empty()) {
    auto loaded_roots = admission::AttestationRoots::load(roots);
    if (!loaded_roots) co_return std::unexpected(loaded_roots.error());
    attestation = *std::move(loaded_roots);
  }
  for (;;) {
    auto result = co_await start_once(snapshot);
    if (result) break;
    if (result.error().kind() != ErrorKind::unavailable) co_return result;
    observe::warn("server.waiting_for_token", {{"error", result.error()}});
    co_await async::sleep_for(std::chrono::seconds(1));
    if (stopping_) co_return fail(base::kShuttingDown);
  }
  started_ = true;
  eraser.start(*snapshot);
  tasks_.spawn(upkeep());
  if (writer.usable()) tasks_.spawn(keep_anchor());
  co_return Result<void>{};
}

Task<Result<void>> Domain::start_once(std::shared_ptr<const store::Snapshot> snapshot) {
  trail.load(snapshot->last_audit_number, snapshot->last_audit_chain);
  auto rows = co_await identity::check_rows(snapshot->records, parts_.keys, &trail);
  if (!rows) co_return std::unexpected(std::move(rows).error());
  directory.load(*rows);
  CONCLAVE_CO_TRY(co_await rules.load(*rows));
  CONCLAVE_CO_TRY(co_await changes.load(*rows));
  authorities.load(*rows);
  recovery.load(*rows);
  disclosure.load(*rows);
  disclosure.on_change(
      [this](TenantId tenant, UserId user, DeviceId device) { look_again(tenant, user, device); });
  CONCLAVE_CO_TRY(factors.load(*rows));
  persons.load(*rows);
  bans.load(*rows);
  orders.load(*rows);
  CONCLAVE_CO_TRY(co_await check_anchor());
  ledger.start(*snapshot);
  if (writer.usable()) {
    CONCLAVE_CO_TRY(co_await bootstrap.start(parts_.config.server.provider_domain));
  }
  if (const identity::Tenant* provider = directory.provider()) trail.set_installation(provider->id);
  if (anchor.told() == 0 && writer.usable() && !trail.broken().empty()) {
    CONCLAVE_CO_TRY(co_await writer.record(trail.acceptance()));
  }
  CONCLAVE_CO_TRY(co_await chat.start(snapshot));
  presence.start();
  co_return Result<void>{};
}

Task<Result<void>> Domain::check_anchor() {
  auto checked = co_await anchor.check();
  if (checked) checked = check_trail();
  if (checked || !checked.error().is(audit::kRolledBack)) co_return checked;
  observe::error("alarm.rows_rolled_back",
                 {{"error", checked.error()}, {"advice", audit::kRolledBack.advice}});
  writer.lock(checked.error());
  co_return Result<void>{};
}

// An entry that was changed behind the token's back takes its rows' newest states with it, so that
// an older row passes for the newest. Entries of a tenant whose keys were destroyed are no such.
Result<void> Domain::check_trail() const {
  if (anchor.told() == 0) return {};  // a new token, or an operator who takes the trail as it is
  for (const audit::BrokenEntry& each : trail.broken()) {
    if (each.chained && directory.tenant(each.tenant) == nullptr) continue;
    return fail(audit::kRolledBack, "entry " + std::to_string(each.number) + " was changed");
  }
  return {};
}

Task<void> Domain::keep_anchor() {
  bool told = true;
  while (!stopping_) {
    const auto moved = co_await anchor.advance();
    // Once, not each second: the token's own troubles are told elsewhere.
    if (!moved && told) observe::warn("audit.anchor_stands", {{"error", moved.error()}});
    told = moved.has_value();
    co_await async::sleep_for(std::chrono::seconds(1));
  }
}

Task<void> Domain::upkeep() {
  // One-second steps, so that a stop does not wait for the minute.
  for (int second = 0; !stopping_; second = (second + 1) % 60) {
    if (second % kEraserPause_s == 0) co_await eraser.retry();
    co_await async::sleep_for(std::chrono::seconds(1));
    look_at_expired();
    co_await doorkeeper.look_around();
    if (second != 59) continue;
    co_await sign_in.upkeep();
    co_await doorkeeper.upkeep();
    co_await chat.upkeep();
    co_await watch.upkeep();
    co_await orders.upkeep();
    co_await changes.upkeep();
  }
}

Task<void> Domain::stop() {
  stopping_ = true;
  if (started_) {
    co_await presence.stop();
    co_await watch.stop();
    co_await chat.stop();
    if (writer.usable()) {
      if (auto moved = co_await anchor.advance(); !moved) {
        observe::warn("audit.anchor_stands", {{"error", moved.error()}});
      }
    }
  }
  co_await async::await_callback<void>([this](Callback<void> done) {
    // TaskGroup takes a copyable function; the callback is called once.
    auto held = std::make_shared<Callback<void>>(std::move(done));
    tasks_.close([held] { (*held)(Result<void>{}); });
  });
}

}  // namespace conclave::server
