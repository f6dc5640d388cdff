#pragma once

#include "runtime/factors/errors.hpp"
#include "runtime/factors/factors.hpp"
#include "runtime/factors/password_rules.hpp"
#include "tests/unit/factors/authenticator.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::factors::testing {

using identity::Actor;
using identity::testing::World;

// The services of this folder over identity's test world, with a second tenant.
class FactorsTest : public ::testing::Test {
 protected:
  World world;
  policy::Policy policy;
  std::unique_ptr<Factors> factors;
  std::unique_ptr<Persons> persons;
  std::unique_ptr<PasswordRules> rules;
  TenantId other_tenant;
  UserId other;  // ann's account over there

  FactorsTest() {
    other_tenant = *world.run(world.s->administration.create_tenant(
        world.actor_of(world.provider, world.root), "other.example"));
    other = world.make_user(other_tenant, "ann", {});
    start();
  }

  // Again: a restart that keeps only the store.
  void start() {
    auto& s = *world.s;
    factors =
        std::make_unique<Factors>(Factors::Parts{s.directory,
                                                 s.account,
                                                 s.writer,
                                                 world.keys,
                                                 world.clock,
                                                 base::system_random(),
                                                 "Conclave",
                                                 {"chat.example", {"https://chat.example"}, false},
                                                 {}});
    persons = std::make_unique<Persons>(Persons::Parts{s.directory,
                                                       s.account,
                                                       s.passwords,
                                                       s.writer,
                                                       world.keys,
                                                       world.clock,
                                                       base::system_random(),
                                                       {}});
    rules = std::make_unique<PasswordRules>(
        [this](TenantId) -> const policy::Policy& { return policy; }, *persons);
    s.passwords.judged_by(rules.get());
    s.administration.also_delete(factors.get());
    s.administration.also_delete(persons.get());
    Result<store::Snapshot> snapshot;
    world.store.load([&](Result<store::Snapshot> out) { snapshot = std::move(out); });
    const auto rows =
        world.run(identity::check_rows(std::move(snapshot->records), world.keys, &s.trail));
    ASSERT_TRUE(rows);
    ASSERT_TRUE(factors->load(*rows));
    persons->load(*rows);
  }
  void restart() {
    world.restart();
    start();
  }

  [[nodiscard]] Actor ann() const { return world.actor_of(world.tenant, world.ann); }
  [[nodiscard]] Actor ann_elsewhere() const { return world.actor_of(other_tenant, other); }
  static base::Secret password(std::string_view text = World::kPassword) {
    return base::Secret(text);
  }
  static Bytes seed_of(const std::string& secret) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    Bytes out;
    unsigned held = 0;
    unsigned bits = 0;
    for (const char c : secret) {
      held = held << 5U | static_cast<unsigned>(kAlphabet.find(c));
      bits += 5;
      if (bits < 8) continue;
      bits -= 8;
      out.push_back(static_cast<std::uint8_t>(held >> bits & 0xffU));
    }
    return out;
  }
  [[nodiscard]] std::string code_of(const Bytes& seed, std::int64_t later_ms = 0) const {
    return hotp({}, seed, totp_step({}, world.clock.now_ms + later_ms));
  }

  // Enrols a TOTP application; its seed.
  Bytes add_totp(FactorId* id = nullptr, std::string label = "Phone") {
    const auto begun = world.run(factors->begin(ann(), Kind::totp, std::move(label), password()));
    if (!begun) throw std::runtime_error(begun.error().text());
    const Bytes seed = seed_of(std::get<BegunTotp>(begun->what).secret);
    const auto made = world.run(factors->confirm(ann(), begun->id, code_of(seed)));
    if (!made) throw std::runtime_error(made.error().text());
    if (id != nullptr) *id = made->id;
    world.clock.now_ms += 60'000;
    return seed;
  }
  void add_key(const Authenticator& key) {
    const auto begun = world.run(factors->begin(ann(), Kind::webauthn, "Key", password()));
    if (!begun) throw std::runtime_error(begun.error().text());
    const auto& asked = std::get<BegunWebAuthn>(begun->what);
    const auto made = world.run(factors->confirm(ann(), begun->id, key.create(asked.challenge)));
    if (!made) throw std::runtime_error(made.error().text());
  }
  Result<policy::Factor> verify(Proof proof, Asker asker = {}) {
    return world.run(factors->verify(world.tenant, world.ann, std::move(proof), asker));
  }
  [[nodiscard]] int audited(std::string_view action) {
    const auto entries = world.run(world.s->trail.read(0, 200));
    int count = 0;
    for (const auto& entry : *entries) {
      if (entry.content.find('"' + std::string(action) + '"') != std::string::npos) ++count;
    }
    return count;
  }
};

}  // namespace conclave::factors::testing
