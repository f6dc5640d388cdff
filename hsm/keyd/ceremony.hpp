#pragma once

#include "hsm/keyd/approvers.hpp"
#include "hsm/keyd/operation.hpp"

// The ceremony channel: what only several custodians together may order. Frames as on the online
// channel (any tag); the payload is one JSON object:
//
//   {"operation": "tenant.destroy", "argument": "t_…", "installation": "<hex>",
//    "expiry_ms": 1763650000000, "nonce": "<base64url, 16 to 64 bytes>",
//    "approvals": [{"approver": "<name>", "signature": "<base64url>"}, …]}
//
// Each signature is over the 32 bytes of ceremony_digest() as message. The answer is one JSON
// object. Operations: "tenant.destroy" (argument: tenant id), "approvers.change" (the new file's
// text), "pin.clear" and "anchor.reset" (argument empty), and "describe", which needs no approvals
// and tells installation, custodians and state.
namespace conclave::hsm::keyd {

struct Approval {
  std::string approver;
  Bytes signature;
};

struct CeremonyRequest {
  std::string operation;
  std::string argument;
  std::string installation;
  std::int64_t expiry_ms = 0;  // UTC
  Bytes nonce;
  std::vector<Approval> approvals;
};

[[nodiscard]] Result<CeremonyRequest> parse_ceremony(std::string_view json);

// SHA-256 of length-prefixed ("conclave/ceremony/1", operation, SHA-256(argument), installation,
// expiry as decimal text, nonce).
[[nodiscard]] base::Sha256 ceremony_digest(const CeremonyRequest& request);

// kApprovalInvalid unless `needed` different custodians have signed exactly this request, it is for
// this installation, and it has not expired (at most 24 hours ahead).
[[nodiscard]] Result<void> check_approvals(const CeremonyRequest& request,
                                           const Approvers& approvers,
                                           std::string_view installation, std::int64_t now_ms);

// The one entry of the ceremony channel's table.
[[nodiscard]] const OperationEntry& ceremony_operation();

}  // namespace conclave::hsm::keyd
