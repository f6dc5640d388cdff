#pragma once

#include <array>
#include <string_view>

#include "hsm/api/frame.hpp"
#include "hsm/api/key_service.hpp"

// The payloads of the online channel. Writers are used by one side, readers by the other; a reader
// leaves `in` failed when the bytes break a limit, and its caller asks in.done() once at the end.
// Nothing here knows a key or a token, so all of it is fuzzed (tests/fuzz/keyd_request_fuzz.cpp).
namespace conclave::hsm::api {

enum class Operation : std::uint8_t {
  status = 1,
  create_tenant,
  create_content_key,
  open_content_key,
  seal,
  open,
  seal_rows,
  open_rows,
  mac_rows,
  check_rows,
  password_mac,
  issue_access,
  sign_audit_head,
  tls_sign,
  public_key,
  issue_certificate,
  delete_room_key,
  delete_author_key,
  turn_epoch,
  copy_keyring,
  confirm_keyring_copy,
  read_anchor,
  move_anchor,
  issue_command,
  reuse_mac,
};
inline constexpr std::size_t kOperationCount = 25;

// "content_key.create", for logs and counters; "unknown" for others.
[[nodiscard]] std::string_view operation_name(Operation operation);

inline constexpr std::size_t kMaxItems = 1024;            // of one batch
inline constexpr std::size_t kMaxSmallText = 512;         // names, audiences, table names
inline constexpr std::size_t kMaxRowContent = 64 * 1024;  // one sealed or MACed row
inline constexpr std::size_t kMaxKeyBlob = 256;

// Requests as keyd reads them: views into the frame.
struct SealItemView {
  KeyRef key;
  ByteView header;
  ByteView plaintext;
};
struct OpenItemView {
  KeyRef key;
  ByteView segment;
};
struct RowItemView {
  TenantId tenant;
  UserId author;
  std::string_view table;
  std::string_view row_id;
  std::string_view column;
  std::uint64_t version = 0;
  ByteView content;
};

void write(base::ByteWriter& out, const ContentKeyName& name);
[[nodiscard]] ContentKeyName read_content_key_name(base::ByteReader& in);
void write_key_id(base::ByteWriter& out, const KeyId& id);
[[nodiscard]] KeyId read_key_id(base::ByteReader& in);

void write(base::ByteWriter& out, const std::vector<SealItem>& items);
void write(base::ByteWriter& out, const std::vector<OpenItem>& items);
void write(base::ByteWriter& out, const std::vector<RowItem>& rows);
// u16; more than kMaxItems makes `in` fail and answers 0.
[[nodiscard]] std::size_t read_count(base::ByteReader& in);
[[nodiscard]] SealItemView read_seal_item(base::ByteReader& in);
[[nodiscard]] OpenItemView read_open_item(base::ByteReader& in);
[[nodiscard]] RowItemView read_row_item(base::ByteReader& in);

void write(base::ByteWriter& out, const AccessClaims& claims);
[[nodiscard]] AccessClaims read_access_claims(base::ByteReader& in);
void write(base::ByteWriter& out, const AuditAnchor& anchor);
[[nodiscard]] AuditAnchor read_audit_anchor(base::ByteReader& in);
void write(base::ByteWriter& out, const CommandRequest& request);
[[nodiscard]] CommandRequest read_command_request(base::ByteReader& in);
void write(base::ByteWriter& out, const CertificateRequest& request);
[[nodiscard]] CertificateRequest read_certificate_request(base::ByteReader& in);

// Answers.
void write(base::ByteWriter& out, const TokenStatus& status);
[[nodiscard]] TokenStatus read_token_status(base::ByteReader& in);
void write(base::ByteWriter& out, const EpochReport& report);
[[nodiscard]] EpochReport read_epoch_report(base::ByteReader& in);
void write(base::ByteWriter& out, const IssuedCertificate& issued);
[[nodiscard]] IssuedCertificate read_issued_certificate(base::ByteReader& in);

// u8 good, then the bytes or the error; for answers that stand item by item.
void write_outcome(base::ByteWriter& out, const Result<Bytes>& outcome);
[[nodiscard]] Result<Bytes> read_outcome(base::ByteReader& in);

}  // namespace conclave::hsm::api
