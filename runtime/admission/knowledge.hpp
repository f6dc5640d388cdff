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
  std::function<policy::Words<policy::Factor>(TenantId, UserId)> factors = {};
  // kFactorRefused, kFactorUnavailable, and limits.
  std::function<Task<Result<void>>(TenantId, UserId, Proof)> verify = {};
  std::function<bool(const identity::Device&)> banned = {};
};

}  // namespace conclave::admission
