#pragma once

#include <functional>
#include <vector>

#include "policies/document/policy.hpp"
#include "runtime/admission/candidate.hpp"
#include "runtime/async/task.hpp"
#include "runtime/whereabouts/kept.hpp"
#include "runtime/whereabouts/observation.hpp"

namespace conclave::admission {

using whereabouts::Observation;

// What the modules beside this one know of a candidate. The composition root connects them; what is
// not connected answers as if there were nothing. All on the shard's thread; those that return a
// value do not suspend.
struct Knowledge {
  // The policy in force.
  std::function<const policy::Policy&(TenantId)> policy = {};
  // Reads what observe() will need.
  std::function<Task<void>(TenantId, UserId)> prepare = {};
  std::function<Observation(const Candidate&)> observe = {};
  // It was let in without restriction.
  std::function<void(const Candidate&, const Observation&, whereabouts::Lesson)> learn = {};
  // It has a session, restricted or not.
  std::function<void(const Candidate&)> came_in = {};
  std::function<policy::Words<policy::Factor>(TenantId, UserId)> factors = {};
  // Why a proof does not count, limits included. `device`: one of the user's that is known, which
  // has an allowance of wrong answers of its own; none: anybody.
  std::function<Task<Result<void>>(TenantId, UserId, DeviceId device, Proof)> verify = {};
  // What an authenticator has to answer, as a JSON object; empty: the user has none.
  std::function<std::string(TenantId, UserId)> challenge = {};
  std::function<bool(const identity::Device&)> banned = {};
};

}  // namespace conclave::admission
