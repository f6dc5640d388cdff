#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hsm/api/command.hpp"
#include "hsm/api/segment.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/digest.hpp"

// What the rest of the server may ask of conclave-keyd on its online channel: compound, typed
// operations; there is no raw sign, decrypt, wrap or unwrap (tls_sign is the one exception and its
// key serves nothing else).
//
// Any thread may call. Callbacks run on the client's own thread and must only post. Every call is
// answered within its deadline (2 s for one token call, plus the queue): when the token is slow,
// gone or locked, with kTokenUnavailable.
namespace conclave::hsm::api {

// A content key that is loaded in keyd. Dies with the keyd process and when keyd evicts it; a stale
// one answers kKeyRefStale, upon which the caller opens the key again and repeats.
struct KeyRef {
  std::uint64_t value = 0;
  friend bool operator==(const KeyRef&, const KeyRef&) = default;
};

// Names a content key: its parents are the room's key of this generation and the author's key.
struct ContentKeyName {
  TenantId tenant;
  RoomId room;
  UserId author;
  std::uint32_t generation = 0;
};

struct NewContentKey {
  KeyId id{};
  Bytes blob;  // GCM[AK](KWP[RK](CK)): to be stored with the content before first use
  KeyRef ref;
};

struct SealItem {
  KeyRef key;
  Bytes header;     // encode_header(); keyd checks tenant, room, author and key id against the key
  Bytes plaintext;  // at most kMaxSegmentPlaintext
};

struct OpenItem {
  KeyRef key;
  Bytes segment;  // a whole segment
};

// A row of a user's own data: sealed under the author key, bound to table, row id, column, version.
struct RowItem {
  TenantId tenant;
  UserId author;
  std::string table;
  std::string row_id;
  std::string column;
  std::uint64_t version = 0;
  Bytes content;  // plaintext to seal, or what seal_rows returned to open
};

// Claims of an access token; keyd adds issuer, times and key id and signs ES256 (RFC 7519, 7518).
struct AccessClaims {
  TenantId tenant;
  UserId user;
  DeviceId device;
  SessionId session;
  base::Sha256 device_key_digest{};
  std::uint64_t generation = 0;  // of the session; revocation raises it
  std::string audience;
};

struct AccessToken {
  std::string token;            // compact JWS
  std::int64_t expires_ms = 0;  // UTC
};

// Public keys that others need; SubjectPublicKeyInfo in DER.
enum class PublicKeyKind { tls, access, audit, command, authority };

struct PublicKey {
  Bytes spki;
  std::string key_id;  // hexadecimal, first 16 digits of SHA-256 over spki
};

struct CertificateRequest {
  std::string profile;  // "tls-server" is the only one so far
  Bytes spki;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  // text form
};

struct IssuedCertificate {
  Bytes leaf;                // DER
  std::vector<Bytes> chain;  // issuing, root; DER
};

struct EpochReport {
  std::uint32_t old_epoch = 0;
  std::uint32_t new_epoch = 0;
  std::uint64_t resealed = 0;
  // UTC; the old epoch key is destroyed after this time, once an operator has confirmed a copy of
  // the keyring (confirm_keyring_copy). 0: destroyed already.
  std::int64_t destroy_after_ms = 0;
};

// How far the audit trail had come when the token was last told: a store that stands behind it, or
// has another chain value there, was rolled back or rewritten.
struct AuditAnchor {
  std::uint64_t number = 0;  // of an entry; 0: never told
  base::Sha256 chain{};      // its chain value
  friend bool operator==(const AuditAnchor&, const AuditAnchor&) = default;
};

struct KeyInfo {
  std::string label;      // "kek.t_…", "tls", …
  std::string type;       // "AES-256", "EC P-256", "HMAC-SHA256"
  std::string mechanism;  // "CKM_AES_KEY_WRAP_PAD", …
  bool sensitive = false;
  bool extractable = true;
  std::int64_t created_ms = 0;
};

struct TokenStatus {
  bool ready = false;
  std::string reason;  // when not ready: what is wrong and what to do
  std::string module;  // file
  std::string manufacturer;
  std::string token_label;
  std::string serial;
  std::vector<std::string> warnings;  // what the module cannot enforce
  std::vector<KeyInfo> keys;
  std::vector<std::pair<std::string, std::uint64_t>> counters;  // operation, calls since start
};

class KeyService {
 public:
  virtual ~KeyService() = default;

  // Makes kek.T and ek.T.0 in the token. Again for an existing tenant: no effect.
  virtual void create_tenant(TenantId tenant, Callback<void> done) = 0;

  // Makes the parents where missing (committed to the keyring before this returns) and a new key.
  virtual void create_content_key(ContentKeyName name, Callback<NewContentKey> done) = 0;
  // Loads a stored key. kKeyDestroyed when a parent is gone: the content is unreadable for good.
  virtual void open_content_key(ContentKeyName name, KeyId id, Bytes blob,
                                Callback<KeyRef> done) = 0;

  // All or nothing; returns for each item nonce | ciphertext | tag, to be appended to its header.
  virtual void seal(std::vector<SealItem> items, Callback<std::vector<Bytes>> done) = 0;
  // One answer an item, in order: a damaged or stale item does not spoil the others.
  virtual void open(std::vector<OpenItem> items, Callback<std::vector<Result<Bytes>>> done) = 0;

  virtual void seal_rows(std::vector<RowItem> rows, Callback<std::vector<Bytes>> done) = 0;
  virtual void open_rows(std::vector<RowItem> rows, Callback<std::vector<Result<Bytes>>> done) = 0;

  virtual void mac_rows(std::vector<Bytes> contents, Callback<std::vector<Bytes>> done) = 0;
  virtual void check_rows(std::vector<PowerRow> rows, Callback<std::vector<bool>> done) = 0;

  // HMAC(pepper, tenant | account | input); rate limited an account inside keyd.
  virtual void password_mac(TenantId tenant, UserId account, Bytes input, Callback<Bytes> done) = 0;
  virtual void issue_access(AccessClaims claims, Callback<AccessToken> done) = 0;
  // ECDSA P-256 over a digest of 32 bytes, with the `audit` key over the head of the audit chain.
  virtual void sign_audit_head(base::Sha256 head, Callback<Bytes> done) = 0;
  // The anchor lives in the token, beside the keys. Moving it back, or to another chain value of
  // the same entry, is kAnchorBehind: only an operator at keyd resets it (reset-anchor, ceremony).
  virtual void read_anchor(Callback<AuditAnchor> done) = 0;
  virtual void move_anchor(AuditAnchor anchor, Callback<void> done) = 0;
  // An order to a device. kOrderRefused says what of it does not hold, kOrderLimit that the tenant
  // has had its orders of this hour; the same order again is signed again and not counted.
  virtual void issue_command(CommandRequest request, Callback<SignedCommand> done) = 0;
  // DER signature over a digest of 20 to 64 bytes.
  virtual void tls_sign(Bytes digest, Callback<Bytes> done) = 0;
  virtual void public_key(PublicKeyKind kind, Callback<PublicKey> done) = 0;
  virtual void issue_certificate(CertificateRequest request, Callback<IssuedCertificate> done) = 0;

  // Deletion of a room's or an author's key is logical at once and cryptographic at the next turn.
  virtual void delete_room_key(TenantId tenant, RoomId room, Callback<void> done) = 0;
  virtual void delete_author_key(TenantId tenant, UserId author, Callback<void> done) = 0;
  virtual void turn_epoch(TenantId tenant, Callback<EpochReport> done) = 0;
  // A consistent copy of the keyring (wrapped keys only), for its own backup.
  virtual void copy_keyring(Callback<Bytes> done) = 0;
  // An operator says that the copy with this digest is kept; old epochs may then be destroyed.
  virtual void confirm_keyring_copy(base::Sha256 digest, Callback<void> done) = 0;

  virtual void status(Callback<TokenStatus> done) = 0;
  // False while keyd is away or its token not usable; cached, never blocks. For readiness.
  [[nodiscard]] virtual bool ready() const = 0;

  // HMAC(reuse, person | input): the same password of the same person gives the same digest in
  // every tenant, and no other two do. Rate limited a person inside keyd.
  virtual void reuse_mac(std::uint64_t person, Bytes input, Callback<Bytes> done) = 0;
};

}  // namespace conclave::hsm::api
