#pragma once

#include <map>
#include <vector>

#include "runtime/admission/candidate.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/identity/sound_rows.hpp"
#include "runtime/sync/hub.hpp"

namespace conclave::admission {

// A way back in that was begun for a user whose primary device is lost.
struct RecoveryCase {
  TenantId tenant;
  UserId user;
  policy::Recovery path{};
  bool objected = false;
  bool closed = false;  // it was used, or an admin took it back
  std::int64_t begun_ms = 0;
  std::vector<UserId> admins;  // who signed for it, of the path admin_pair
  std::uint64_t version = 0;
};

// Rows of power: a wait that was begun survives a restart, and so does an objection. Recovery by
// code needs no case. On the shard's thread.
class Recovery {
 public:
  struct Parts {
    const identity::Directory& directory;
    identity::RowWriter& writer;
    sync::Hub& hub;
    const base::Clock& clock;
  };
  explicit Recovery(Parts parts) : parts_(parts) {}

  // An unsound case is no case: the way stays closed.
  void load(const identity::SoundRows& rows);

  // The person who stands before the door begins the wait; all devices are told. Begun already: the
  // time goes on.
  [[nodiscard]] Task<Result<RecoveryCase>> begin_wait(Candidate candidate);
  // Any device of the user that was let in before objects.
  [[nodiscard]] Task<Result<void>> object(identity::Actor actor);
  // A user admin of the tenant signs for it; two different ones open the way for a day.
  [[nodiscard]] Task<Result<RecoveryCase>> vouch(identity::Actor admin, TenantId tenant,
                                                 UserId user);
  // It led somebody in, who is let in once.
  [[nodiscard]] Task<Result<void>> close(TenantId tenant, UserId user, DeviceId device);

  [[nodiscard]] policy::RecoveryFacts facts(const Candidate& candidate) const;

 private:
  using UserKey = std::pair<TenantId, UserId>;
  [[nodiscard]] const RecoveryCase* open_case(TenantId tenant, UserId user) const;
  // The new state of a case, durable, with its audit entry; then the user's devices are told.
  [[nodiscard]] Task<Result<void>> store(RecoveryCase changed, audit::Entry entry,
                                         std::string change);

  Parts parts_;
  std::map<UserKey, RecoveryCase> cases_;
};

}  // namespace conclave::admission
