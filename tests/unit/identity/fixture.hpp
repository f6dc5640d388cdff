#pragma once

#include <gtest/gtest.h>
#include <sodium.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>

#include "runtime/admission/sign_in.hpp"
#include "runtime/audit/anchor.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/identity/administration.hpp"
#include "runtime/identity/bootstrap.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/store/errors.hpp"
#include "tests/support/fake_key_service.hpp"

namespace conclave::identity::testing {

// Keeps records and audit rows; answers at once.
class RecordStore : public store::ContentStore {
 public:
  using Key = std::tuple<store::RecordKind, std::uint64_t, std::uint64_t, std::uint64_t>;
  std::map<Key, store::Record> records;
  std::vector<store::AuditRow> audit;
  std::vector<store::DoomedKeyRow> doomed;
  bool read_only = false;

  void load(Callback<store::Snapshot> done) override {
    store::Snapshot out;
    for (const auto& [key, record] : records) out.records.push_back(record);
    out.doomed_keys = doomed;
    done(std::move(out));
  }
  void commit(store::Transaction transaction, Callback<void> done) override {
    if (read_only) return done(fail(store::kStoreReadOnly));
    for (auto& write : transaction) apply(write);
    done({});
  }
  [[nodiscard]] std::size_t uncommitted_bytes() const override { return 0; }
  void read_log(TenantId, RoomId, std::uint64_t, std::uint64_t,
                Callback<store::LogSlice> done) override {
    done(store::LogSlice{});
  }
  void find_seq(TenantId, RoomId, std::int64_t,
                Callback<std::optional<std::uint64_t>> done) override {
    done(std::optional<std::uint64_t>{});
  }
  void read_annotations(TenantId, RoomId, std::uint64_t, std::uint64_t,
                        Callback<std::vector<store::AnnotationRow>> done) override {
    done(std::vector<store::AnnotationRow>{});
  }
  void read_annotated(TenantId, RoomId, std::uint64_t, std::uint8_t, std::uint64_t, std::uint32_t,
                      Callback<std::vector<store::AnnotationRow>> done) override {
    done(std::vector<store::AnnotationRow>{});
  }
  void read_mentions(TenantId, UserId, std::uint64_t, std::uint32_t,
                     Callback<std::vector<store::MentionRow>> done) override {
    done(std::vector<store::MentionRow>{});
  }
  void read_user_state(TenantId, UserId, std::uint64_t, std::uint32_t,
                       Callback<std::vector<store::UserStateRow>> done) override {
    done(std::vector<store::UserStateRow>{});
  }
  void read_user_state_key(TenantId, UserId, std::string,
                           Callback<std::optional<store::UserStateRow>> done) override {
    done(std::optional<store::UserStateRow>{});
  }
  void read_audit(std::uint64_t after, std::uint32_t limit,
                  Callback<std::vector<store::AuditRow>> done) override {
    std::vector<store::AuditRow> out;
    for (const auto& row : audit) {
      if (row.number > after && out.size() < limit) out.push_back(row);
    }
    done(std::move(out));
  }
  void read_expired_pos(Callback<store::ExpiredPositions> done) override {
    done(store::ExpiredPositions{});
  }
  void backup(std::filesystem::path, Callback<store::BackupReport> done) override {
    done(store::BackupReport{});
  }
  [[nodiscard]] store::StoreStatus status() const override { return {}; }
  void close() override {}

  store::Record& find(store::RecordKind kind, std::uint64_t id) {
    for (auto& [key, record] : records) {
      if (record.kind == kind && record.id == id) return record;
    }
    throw std::out_of_range("no such record");
  }

 private:
  static Key key_of(store::RecordKind kind, TenantId tenant, std::uint64_t id, std::uint64_t sub) {
    return {kind, tenant.value, id, sub};
  }
  void apply(store::Write& write) {
    if (auto* put = std::get_if<store::PutRecord>(&write)) {
      const auto& row = put->row;
      records[key_of(row.kind, row.tenant, row.id, row.sub)] = row;
    } else if (auto* gone = std::get_if<store::DeleteRecord>(&write)) {
      records.erase(key_of(gone->kind, gone->tenant, gone->id, gone->sub));
    } else if (auto* entry = std::get_if<store::AppendAudit>(&write)) {
      audit.push_back(entry->row);
    } else if (auto* doom = std::get_if<store::PutDoomedKey>(&write)) {
      doomed.push_back(doom->row);
    } else if (auto* done = std::get_if<store::DeleteDoomedKey>(&write)) {
      std::erase_if(doomed, [&](const auto& row) { return row.id == done->id; });
    } else if (auto* tenant = std::get_if<store::DeleteTenant>(&write)) {
      std::erase_if(records,
                    [&](const auto& pair) { return pair.second.tenant == tenant->tenant; });
    }
  }
};

class TestClock : public base::Clock {
 public:
  std::int64_t now_ms = 1'700'000'000'000;
  [[nodiscard]] std::int64_t utc_ms() const override { return now_ms; }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return now_ms; }
};

// A device of a person: an Ed25519 key pair.
struct TestDevice {
  Bytes public_key = Bytes(crypto_sign_PUBLICKEYBYTES);
  Bytes secret_key = Bytes(crypto_sign_SECRETKEYBYTES);
  TestDevice() { crypto_sign_keypair(public_key.data(), secret_key.data()); }

  [[nodiscard]] hsm::api::VerifyKey key() const {
    return {hsm::api::SignatureAlgorithm::ed25519, public_key};
  }
  [[nodiscard]] Bytes sign(const Transcript& transcript) const {
    const base::Sha256 message = digest(transcript);
    Bytes out(crypto_sign_BYTES);
    crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), secret_key.data());
    return out;
  }
};

// Everything of identity over fakes of store and token. start() may be called again: a restart that
// keeps only the store.
class World {
 public:
  testing::TestClock clock;
  RecordStore store;
  conclave::testing::FakeKeyService keys;
  observe::Metrics metrics;
  async::BlockingPool pool{"argon2", 1, 16};
  boost::asio::io_context io;

  // The rules that hold in every tenant; a test changes them.
  policy::Policy policy = open_policy();
  admission::Knowledge knowledge{
      .policy = [this](TenantId) -> const policy::Policy& { return policy; }};

  static policy::Policy open_policy() {
    policy::Policy out;
    out.devices.cap = 64;
    out.factors.roles_always = {};
    return out;
  }

  admission::AttestationRoots attestation;

  struct Services {
    explicit Services(World& world)
        : directory({world.keys, world.metrics}),
          sessions({world.clock, base::system_random(), world.metrics, {}}),
          passwords({world.keys, world.pool, base::system_random(), {10, 1024, 1, 64}}),
          throttle(Throttle::Limits{}),
          nonces(world.clock, base::system_random()),
          trail({world.store, world.keys, world.clock}),
          anchor(trail, world.store, world.keys),
          writer({world.store, world.keys, trail}),
          eraser({world.store, world.keys, world.clock, world.metrics}),
          approvals({directory, writer, hub, world.clock, base::system_random()}),
          recovery({directory, writer, hub, world.clock}),
          doorkeeper({directory, sessions, writer, world.keys, hub, approvals, recovery,
                      world.knowledge, world.clock, base::system_random(), world.metrics}),
          sign_in({directory,
                   sessions,
                   passwords,
                   throttle,
                   nonces,
                   writer,
                   doorkeeper,
                   world.attestation,
                   world.clock,
                   base::system_random(),
                   world.metrics,
                   {}}),
          account({directory, sessions, passwords, throttle, writer, world.clock}),
          administration({directory, sessions, passwords, writer, eraser, world.keys, world.store,
                          world.clock, base::system_random(), nullptr}) {}
    Directory directory;
    Sessions sessions;
    Passwords passwords;
    Throttle throttle;
    HelloNonces nonces;
    audit::Trail trail;
    audit::Anchor anchor;
    RowWriter writer;
    erasure::KeyEraser eraser;
    sync::Hub hub;
    admission::Approvals approvals;
    admission::Recovery recovery;
    admission::Doorkeeper doorkeeper;
    admission::SignIn sign_in;
    Account account;
    Administration administration;
  };
  std::unique_ptr<Services> s;

  World() {
    restart();
    const Result<TenantId> made = run(s->administration.make_tenant({}, "provider.local", true));
    provider = *made;
    s->trail.set_installation(provider);
    root = make_user(provider, "root", {Role::provider_admin});
    const Actor actor = actor_of(provider, root);
    tenant = *run(s->administration.create_tenant(actor, "demo.example"));
    admin = make_user(tenant, "admin", {Role::user_admin});
    ann = make_user(tenant, "ann", {});
  }

  void restart() {
    s = std::make_unique<Services>(*this);
    Result<store::Snapshot> snapshot;
    store.load([&](Result<store::Snapshot> out) { snapshot = std::move(out); });
    if (!store.audit.empty()) {
      s->trail.load(store.audit.back().number, store.audit.back().chain);
    }
    s->trail.set_installation(provider);
    s->eraser.start(*snapshot);
    const auto rows = run(check_rows(std::move(snapshot->records), keys, &s->trail));
    if (!rows) throw std::runtime_error(rows.error().text());
    s->directory.load(*rows);
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
      if (error) std::rethrow_exception(error);
      out.emplace(std::move(value));
    });
    while (!out) {
      io.restart();
      auto work = boost::asio::make_work_guard(io);
      io.run_one();
    }
    return std::move(*out);
  }

  void run_void(Task<void> task) { (void)run(answered(std::move(task))); }

  UserId make_user(TenantId of, std::string name, RoleSet roles) {
    NewUser user;
    user.name = std::move(name);
    user.roles = roles;
    user.password = base::Secret(kPassword);
    const auto made = run(s->administration.make_user({}, of, std::move(user)));
    if (!made) throw std::runtime_error(made.error().text());
    return *made;
  }
  [[nodiscard]] Actor actor_of(TenantId of, UserId user) const {
    return {of, user, DeviceId{}, SessionId{}, s->directory.roles_of(of, user)};
  }

  admission::EnrolRequest enrol_request(const TestDevice& device, std::string account,
                                        std::string_view password = kPassword) {
    admission::EnrolRequest out;
    out.account = account;
    out.password = base::Secret(password);
    out.device_name = "Laptop";
    out.platform = "linux";
    out.algorithm = hsm::api::SignatureAlgorithm::ed25519;
    out.key = device.public_key;
    out.nonce_s = s->sign_in.hello();
    out.nonce_c = Bytes(32, 7);
    out.binding = "loopback";
    const std::string domain = account.substr(account.find('@') + 1);
    out.signature = device.sign(
        {"enrol", domain, account, {}, device.key(), out.nonce_s, out.nonce_c, {"loopback", {}}});
    return out;
  }
  admission::ProveRequest prove_request(const TestDevice& device, DeviceId id,
                                        std::string account) {
    admission::ProveRequest out{account, id, s->sign_in.hello(), Bytes(32, 7), "loopback", {}};
    const std::string domain = account.substr(account.find('@') + 1);
    out.signature = device.sign({"prove",
                                 domain,
                                 account,
                                 base::to_text(id),
                                 device.key(),
                                 out.nonce_s,
                                 out.nonce_c,
                                 {"loopback", {}}});
    return out;
  }
  static Task<Result<bool>> answered(Task<void> task) {
    co_await std::move(task);
    co_return true;
  }
  static ConnectionFacts loopback(std::string address = "127.0.0.1") {
    return {std::move(address), false, true, {}, {}, "localhost", true};
  }

  static constexpr std::string_view kPassword = "correct horse battery";
  TenantId provider;
  TenantId tenant;
  UserId root;
  UserId admin;
  UserId ann;
};

}  // namespace conclave::identity::testing
