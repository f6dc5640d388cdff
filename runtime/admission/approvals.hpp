#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "hsm/api/signature.hpp"
#include "runtime/admission/candidate.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/sync/hub.hpp"

namespace conclave::admission {

// What the primary device is shown, and what it signs over.
struct ApprovalView {
  ApprovalId approval;
  std::string account;
  std::string device_name;
  std::string platform;
  std::string address;
  std::string place;
  Bytes key;      // of the newcomer
  Bytes nonce_s;  // that the newcomer signed
  policy::Approval way{};
  std::int64_t expires_ms = 0;  // UTC
};

struct ApprovalAnswer {
  ApprovalId approval;
  bool approve = false;
  std::string number;  // as the person typed it; four digits
  Bytes secret;        // of the QR code; instead of the number
  Bytes signature;     // by the primary's device key over approval_digest()
};

// "conclave/approve/1", request, tenant, account, newcomer's key, nonce_s, "approve" or "deny",
// expiry in decimal milliseconds: K4 of the keys contract, step 4.
[[nodiscard]] base::Sha256 approval_digest(const ApprovalView& view, TenantId tenant, bool approve);

// Requests to primary devices: the newcomer shows a number, the person types it on the primary,
// whose signature is kept as evidence. One request at a time for each user, in memory for ten
// minutes; a restart forgets them, and the newcomer asks again. On the shard's thread.
class Approvals {
 public:
  struct Parts {
    const identity::Directory& directory;
    identity::RowWriter& writer;
    sync::Hub& hub;
    const base::Clock& clock;
    base::Random& random;
  };
  explicit Approvals(Parts parts) : parts_(parts) {}

  struct Terms {  // of the tenant's policy
    policy::Approval way{};
    std::int64_t lifetime_s = 60;
    std::int64_t attempts = 1;
    std::string place;
  };
  // Tells the user's devices. kApprovalBusy while another newcomer waits.
  [[nodiscard]] Result<ApprovalId> ask(const Candidate& candidate, Terms terms);

  // What the newcomer shows: members approval, number, qr, expires_ms; empty when it is no longer
  // pending.
  [[nodiscard]] std::string pending_members(ApprovalId id) const;
  // What waits for the caller's answer.
  [[nodiscard]] std::vector<ApprovalView> pending(const identity::Actor& actor) const;
  // By the primary device only. A wrong number counts as an attempt; the last one denies.
  [[nodiscard]] Task<Result<void>> answer(identity::Actor actor, ApprovalAnswer answer);

  [[nodiscard]] policy::ApprovalFacts facts(const Candidate& candidate) const;
  // Forgets what is old; once a minute or so.
  void sweep();

 private:
  struct Request {
    ApprovalView view;
    TenantId tenant;
    UserId user;
    DeviceId newcomer;
    std::string number;
    Bytes secret;
    std::int64_t attempts_allowed = 1;
    std::int64_t failed = 0;
    policy::ApprovalState state = policy::ApprovalState::pending;
    policy::Approval method{};
    std::int64_t answered_ms = 0;  // UTC
  };
  using UserKey = std::pair<TenantId, UserId>;

  [[nodiscard]] const Request* find(ApprovalId id) const;
  [[nodiscard]] bool is_open(const Request& request) const;
  [[nodiscard]] Result<Request*> answerable(const identity::Actor& actor,
                                            const ApprovalAnswer& answer);
  [[nodiscard]] Task<Result<void>> store(identity::Actor actor, ApprovalAnswer answer,
                                         Request request);

  Parts parts_;
  std::map<ApprovalId, Request> requests_;
  std::map<UserKey, std::deque<std::int64_t>> asked_;  // UTC, of the last day
};

}  // namespace conclave::admission
