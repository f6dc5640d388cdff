#pragma once

#include <functional>
#include <optional>

#include "hsm/api/protocol.hpp"
#include "hsm/keyd/errors.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

// What an operation of keyd is: one file in operations/ each, and a row in the table.
namespace conclave::hsm::keyd {

struct Service;

enum class Lane : std::uint8_t { sealing, tls, typed, maintenance };
inline constexpr std::size_t kLaneCount = 4;

// The next slice of a long operation: true when it is complete and `out` holds the answer. Never
// called with null; a reference to an incomplete type is more than libstdc++ 12 takes here.
using Continuation = std::move_only_function<Result<bool>(Service*, base::ByteWriter& out)>;

// One request while it is handled. A handler reads `in` wholly, checks done(), and writes `out`.
struct Call {
  base::ByteReader in;
  base::ByteWriter& out;
  TenantId tenant;           // set by the handler: for the counters by tenant
  std::uint64_t weight = 1;  // what the counters add; items of a batch
  Continuation more;         // set by the handler when it needs another slice
};

using Handler = Result<void> (*)(Service&, Call&);

struct OperationEntry {
  std::string_view name;
  Lane lane;
  bool needs_token;
  Handler handler;
};

// Of the online channel; null for a number that is none.
[[nodiscard]] const OperationEntry* find_operation(std::uint8_t number);

// The answer to bytes that do not have the documented form.
[[nodiscard]] inline std::unexpected<Error> malformed(const Call&) {
  return fail(base::kMalformed, "request to keyd");
}

// operations/<name>.cpp
Result<void> status(Service& service, Call& call);
Result<void> create_tenant(Service& service, Call& call);
Result<void> create_content_key(Service& service, Call& call);
Result<void> open_content_key(Service& service, Call& call);
Result<void> seal(Service& service, Call& call);
Result<void> open(Service& service, Call& call);
Result<void> seal_rows(Service& service, Call& call);
Result<void> open_rows(Service& service, Call& call);
Result<void> mac_rows(Service& service, Call& call);
Result<void> check_rows(Service& service, Call& call);
Result<void> password_mac(Service& service, Call& call);
Result<void> reuse_mac(Service& service, Call& call);
Result<void> issue_access(Service& service, Call& call);
Result<void> sign_audit_head(Service& service, Call& call);
Result<void> tls_sign(Service& service, Call& call);
Result<void> public_key(Service& service, Call& call);
Result<void> issue_certificate(Service& service, Call& call);
Result<void> delete_room_key(Service& service, Call& call);
Result<void> delete_author_key(Service& service, Call& call);
Result<void> turn_epoch(Service& service, Call& call);
Result<void> copy_keyring(Service& service, Call& call);
Result<void> confirm_keyring_copy(Service& service, Call& call);
Result<void> read_anchor(Service& service, Call& call);
Result<void> move_anchor(Service& service, Call& call);
Result<void> issue_command(Service& service, Call& call);

}  // namespace conclave::hsm::keyd
