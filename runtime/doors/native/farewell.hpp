#pragma once

#include "runtime/doors/native/link.hpp"

namespace conclave::doors::native {

// While the guard lives, a close of this session waits for the answer to the caller.
class Farewell {
 public:
  explicit Farewell(Link& link) : link_(link) { ++link_.farewells; }
  ~Farewell() { --link_.farewells; }
  Farewell(const Farewell&) = delete;
  Farewell& operator=(const Farewell&) = delete;

 private:
  Link& link_;
};

}  // namespace conclave::doors::native
