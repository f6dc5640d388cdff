#pragma once

#include <filesystem>

#include "runtime/doors/http/http_door.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::doors::http::testing {

// What the management door works on, over identity's fakes.
class DoorServices {
 public:
  DoorServices(identity::testing::World& world, identity::RoomAdministration& rooms,
               const std::filesystem::path& setup)
      : world_(world),
        rooms_(rooms),
        bootstrap_({world.s->administration, world.s->directory, world.clock, base::system_random(),
                    setup, 600'000}),
        policies_({world.s->directory, world.s->writer, world.keys, world.clock, "standard"}),
        changes_({world.s->directory, world.s->writer, policies_, world.keys, world.clock,
                  base::system_random()}),
        factors_({world.s->directory,
                  world.s->account,
                  world.s->writer,
                  world.keys,
                  world.clock,
                  base::system_random(),
                  "Conclave",
                  {},
                  {}}),
        bans_({world.s->directory, world.s->sessions, world.s->writer, world.s->administration,
               world.clock, anybody}),
        orders_({world.s->directory, world.s->sessions, world.s->throttle, world.s->nonces,
                 world.s->writer, world.s->administration, world.keys, world.s->hub, world.clock,
                 base::system_random(), anybody}),
        authorities_({world.s->directory, world.s->writer, world.clock, base::system_random()}) {}

  [[nodiscard]] Services services() {
    auto& s = *world_.s;
    return {s.directory, s.sessions,       s.sign_in,  s.doorkeeper, s.recovery,   s.account,
            factors_,    s.administration, bootstrap_, rooms_,       policies_,    changes_,
            s.writer,    s.trail,          s.anchor,   world_.keys,  world_.store, world_.clock,
            world_.pool, nullptr,          orders_,    bans_,        authorities_};
  }
  [[nodiscard]] identity::Bootstrap& bootstrap() { return bootstrap_; }

 private:
  static Result<void> anybody(const identity::Actor&) { return {}; }

  identity::testing::World& world_;
  identity::RoomAdministration& rooms_;
  identity::Bootstrap bootstrap_;
  rules::Book policies_;
  changes::Changes changes_;
  factors::Factors factors_;
  orders::Bans bans_;
  orders::Orders orders_;
  authorities::Authorities authorities_;
};

}  // namespace conclave::doors::http::testing
