#pragma once

#include "runtime/admission/approvals.hpp"
#include "runtime/admission/knowledge.hpp"
#include "runtime/admission/recovery.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/identity/sessions.hpp"

namespace conclave::admission {

// Takes the facts that a decision rests on, as one snapshot. On the shard's thread; never suspends,
// so that facts, decision and the session's place are one step.
class Gatherer {
 public:
  struct Parts {
    const identity::Directory& directory;
    const identity::Sessions& sessions;
    const Approvals& approvals;
    const Recovery& recovery;
    const Knowledge& knowledge;
    const base::Clock& clock;
  };
  explicit Gatherer(Parts parts) : parts_(parts) {}

  [[nodiscard]] policy::Facts gather(const Candidate& candidate,
                                     const Observation& observation) const;
  [[nodiscard]] Observation observe(const Candidate& candidate) const;
  // An open session, as if it came in again.
  [[nodiscard]] std::optional<Candidate> candidate_of(const identity::Session& session) const;

 private:
  void add_account(const Candidate& candidate, policy::Facts& facts) const;
  void add_credential(const Candidate& candidate, policy::Facts& facts) const;
  void add_device(const Candidate& candidate, policy::Facts& facts) const;
  void add_sessions(const Candidate& candidate, policy::Facts& facts) const;
  void add_passed(const Candidate& candidate, policy::Facts& facts) const;

  Parts parts_;
};

// "ios" is a mobile, "linux" a desktop, "web" a browser.
[[nodiscard]] policy::DeviceClass class_of(std::string_view platform, identity::UserKind kind);
// Both enums list the same roles in the same order (a test holds them together).
[[nodiscard]] policy::Words<policy::Role> words_of(identity::RoleSet roles);

}  // namespace conclave::admission
