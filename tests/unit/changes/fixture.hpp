#pragma once

#include <gtest/gtest.h>

#include "runtime/changes/changes.hpp"
#include "runtime/changes/errors.hpp"
#include "runtime/rules/errors.hpp"
#include "tests/unit/identity/fixture.hpp"
#include "tests/unit/rules/signing.hpp"

namespace conclave::changes {

using identity::Actor;
using identity::Role;
using identity::testing::TestDevice;
using policy::Party;

inline constexpr std::string_view kTwo = "base = \"standard\"\n[devices]\ncap = 2\n";
inline constexpr std::string_view kThree = "base = \"standard\"\n[devices]\ncap = 3\n";
inline constexpr std::string_view kKept = "base = \"standard\"\n[location]\nfix_days = 30\n";

inline std::string reason_of(const auto& result) {
  return result ? "no error" : std::string(result.error().reason());
}

// A tenant with two security admins, an auditor and people; the provider with two admins; a device
// each, over fakes of store and token. Two people have to sign, and two users where they are asked.
class ChangesTest : public ::testing::Test {
 protected:
  struct Someone {
    TestDevice device;
    Actor actor;
  };

  ChangesTest() {
    world.make_user(world.tenant, "officer", {Role::security_admin});
    world.make_user(world.tenant, "second", {Role::security_admin});
    world.make_user(world.tenant, "eye", {Role::auditor});
    world.make_user(world.tenant, "bob", {});
    world.make_user(world.provider, "other", {Role::provider_admin});
    start();
    enrol(officer, "officer@demo.example");
    enrol(second, "second@demo.example");
    enrol(eye, "eye@demo.example");
    enrol(ann, "ann@demo.example");
    enrol(bob, "bob@demo.example");
    enrol(root, "root@provider.local");
    enrol(other, "other@provider.local");
  }

  void enrol(Someone& someone, std::string account) {
    const auto in =
        world.run(world.s->sign_in.enrol(world.enrol_request(someone.device, std::move(account)),
                                         identity::testing::World::loopback()));
    if (!in) throw std::runtime_error(in.error().text());
    someone.actor = in->actor;
  }

  // A restart that keeps only the store.
  void start() {
    changes.reset();
    book.reset();
    world.restart();
    book = std::make_unique<rules::Book>(rules::Book::Parts{world.s->directory, world.s->writer,
                                                            world.keys, world.clock, "standard"});
    changes = std::make_unique<Changes>(Changes::Parts{world.s->directory, world.s->writer, *book,
                                                       world.keys, world.clock,
                                                       base::system_random(), persons, 2});
    std::vector<store::Record> records;
    for (const auto& [key, row] : world.store.records) records.push_back(row);
    auto rows = world.run(identity::check_rows(std::move(records), world.keys, &world.s->trail));
    ASSERT_TRUE(rows);
    ASSERT_TRUE(world.run(book->load(*rows)));
    ASSERT_TRUE(world.run(changes->load(*rows)));
  }

  Result<Outcome> set(std::string_view document, const Someone& by) {
    return world.run(changes->set(by.actor, world.tenant, std::string(document),
                                  {book->version(world.tenant), "why", kUsualLife_ms}));
  }
  // The change that waits; fails when none does.
  ChangeId proposed(std::string_view document, const Someone& by) {
    const auto outcome = set(document, by);
    if (!outcome || !outcome->waits) throw std::runtime_error("it does not wait");
    return outcome->waits->proposal.change;
  }
  Bytes signature(ChangeId id, const Someone& by) {
    const auto change = changes->find(root.actor, world.tenant, id);
    if (!change) throw std::runtime_error(change.error().text());
    return rules::testing::signed_by(by.device, change->evidence.proposal);
  }
  Result<Outcome> approve(ChangeId id, const Someone& by) {
    return world.run(changes->approve(by.actor, world.tenant, id, signature(id, by)));
  }
  // "missing" of the change, or what became of it.
  std::string left(ChangeId id) {
    const auto change = changes->find(root.actor, world.tenant, id);
    if (!change) return reason_of(change);
    if (change->state != State::pending) return std::string(to_text(change->state));
    return policy::to_text(changes->missing(*change));
  }
  [[nodiscard]] policy::Number cap() const { return book->of(world.tenant).devices.cap; }
  std::size_t persons = 2;
  identity::testing::World world;
  std::unique_ptr<rules::Book> book;
  std::unique_ptr<Changes> changes;
  Someone officer;
  Someone second;
  Someone eye;
  Someone ann;
  Someone bob;
  Someone root;
  Someone other;
};

}  // namespace conclave::changes
