#include "hsm/api/key_client.hpp"

#include "hsm/api/errors.hpp"
#include "hsm/api/key_connection.hpp"

namespace conclave::hsm::api {
namespace {

Bytes copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

// Turns the generic answer (payload or error) into the typed one. `read` may fail the reader.
template <class T, class Read>
KeyConnection::Answer typed(Callback<T> done, Read read) {
  return [done = std::move(done), read = std::move(read)](Result<ByteView> payload) mutable {
    if (!payload) return done(std::unexpected(std::move(payload).error()));
    base::ByteReader in(*payload);
    auto value = read(in);
    if (!in.done()) return done(fail(base::kMalformed, "answer of keyd"));
    done(std::move(value));
  };
}

KeyConnection::Answer empty_answer(Callback<void> done) {
  return [done = std::move(done)](Result<ByteView> payload) mutable {
    if (!payload) return done(std::unexpected(std::move(payload).error()));
    done({});
  };
}

constexpr std::size_t kSegmentOverhead = kNonceSize + kTagSize;

std::vector<Bytes> read_runs(base::ByteReader& in) {
  const auto count = read_count(in);
  std::vector<Bytes> runs;
  runs.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    runs.push_back(copy(in.run(kMaxSegmentPlaintext + kSegmentOverhead)));
  }
  return runs;
}

std::vector<Result<Bytes>> read_outcomes(base::ByteReader& in) {
  const auto count = read_count(in);
  std::vector<Result<Bytes>> outcomes;
  outcomes.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) outcomes.push_back(read_outcome(in));
  return outcomes;
}

class KeyClient final : public KeyService {
 public:
  explicit KeyClient(KeyClientOptions options) : connection_(std::move(options)) {}

  void create_tenant(TenantId tenant, Callback<void> done) override {
    base::ByteWriter payload(8);
    payload.u64(tenant.value);
    call(Operation::create_tenant, payload, empty_answer(std::move(done)));
  }

  void create_content_key(ContentKeyName name, Callback<NewContentKey> done) override {
    base::ByteWriter payload(32);
    write(payload, name);
    call(Operation::create_content_key, payload,
         typed<NewContentKey>(std::move(done), [](base::ByteReader& in) {
           NewContentKey key;
           key.id = read_key_id(in);
           key.blob = copy(in.run(kMaxKeyBlob));
           key.ref.value = in.u64();
           return key;
         }));
  }

  void open_content_key(ContentKeyName name, KeyId id, Bytes blob, Callback<KeyRef> done) override {
    base::ByteWriter payload(64 + blob.size());
    write(payload, name);
    write_key_id(payload, id);
    payload.run(blob);
    call(Operation::open_content_key, payload,
         typed<KeyRef>(std::move(done), [](base::ByteReader& in) { return KeyRef{in.u64()}; }));
  }

  void seal(std::vector<SealItem> items, Callback<std::vector<Bytes>> done) override {
    if (items.size() > kMaxItems) return done(fail(base::kMalformed, "too many items"));
    std::size_t size = 2;
    for (const auto& item : items) size += 16 + item.header.size() + item.plaintext.size();
    auto frame = begin_frame(static_cast<std::uint8_t>(Operation::seal), 0, size);
    write(frame, items);
    connection_.call(std::move(frame), typed<std::vector<Bytes>>(std::move(done), read_runs));
  }

  void open(std::vector<OpenItem> items, Callback<std::vector<Result<Bytes>>> done) override {
    if (items.size() > kMaxItems) return done(fail(base::kMalformed, "too many items"));
    std::size_t size = 2;
    for (const auto& item : items) size += 12 + item.segment.size();
    auto frame = begin_frame(static_cast<std::uint8_t>(Operation::open), 0, size);
    write(frame, items);
    connection_.call(std::move(frame),
                     typed<std::vector<Result<Bytes>>>(std::move(done), read_outcomes));
  }

  void seal_rows(std::vector<RowItem> rows, Callback<std::vector<Bytes>> done) override {
    if (rows.size() > kMaxItems) return done(fail(base::kMalformed, "too many rows"));
    base::ByteWriter payload(rows.size() * 256);
    write(payload, rows);
    call(Operation::seal_rows, payload, typed<std::vector<Bytes>>(std::move(done), read_runs));
  }

  void open_rows(std::vector<RowItem> rows, Callback<std::vector<Result<Bytes>>> done) override {
    if (rows.size() > kMaxItems) return done(fail(base::kMalformed, "too many rows"));
    base::ByteWriter payload(rows.size() * 256);
    write(payload, rows);
    call(Operation::open_rows, payload,
         typed<std::vector<Result<Bytes>>>(std::move(done), read_outcomes));
  }

  void mac_rows(std::vector<Bytes> contents, Callback<std::vector<Bytes>> done) override {
    if (contents.size() > kMaxItems) return done(fail(base::kMalformed, "too many rows"));
    base::ByteWriter payload(contents.size() * 256);
    payload.u16(static_cast<std::uint16_t>(contents.size()));
    for (const auto& content : contents) payload.run(content);
    call(Operation::mac_rows, payload, typed<std::vector<Bytes>>(std::move(done), read_runs));
  }

  void check_rows(std::vector<PowerRow> rows, Callback<std::vector<bool>> done) override {
    if (rows.size() > kMaxItems) return done(fail(base::kMalformed, "too many rows"));
    base::ByteWriter payload(rows.size() * 256);
    payload.u16(static_cast<std::uint16_t>(rows.size()));
    for (const auto& row : rows) payload.run(row.content).run(row.mac);
    call(Operation::check_rows, payload,
         typed<std::vector<bool>>(std::move(done), [](base::ByteReader& in) {
           std::vector<bool> good(read_count(in));
           for (std::size_t i = 0; i < good.size(); ++i) good[i] = in.u8() == 1;
           return good;
         }));
  }

  void password_mac(TenantId tenant, UserId account, Bytes input, Callback<Bytes> done) override {
    base::ByteWriter payload(20 + input.size());
    payload.u64(tenant.value).u64(account.value).run(input);
    call(Operation::password_mac, payload, run_answer(std::move(done)));
  }

  void reuse_mac(std::uint64_t person, Bytes input, Callback<Bytes> done) override {
    base::ByteWriter payload(12 + input.size());
    payload.u64(person).run(input);
    call(Operation::reuse_mac, payload, run_answer(std::move(done)));
  }

  void issue_access(AccessClaims claims, Callback<AccessToken> done) override {
    base::ByteWriter payload(128);
    write(payload, claims);
    call(Operation::issue_access, payload,
         typed<AccessToken>(std::move(done), [](base::ByteReader& in) {
           AccessToken token;
           token.token = in.text(8 * kMaxSmallText);
           token.expires_ms = in.i64();
           return token;
         }));
  }

  void sign_audit_head(base::Sha256 head, Callback<Bytes> done) override {
    base::ByteWriter payload(head.size());
    payload.raw(head);
    call(Operation::sign_audit_head, payload, run_answer(std::move(done)));
  }

  void read_anchor(Callback<AuditAnchor> done) override {
    call(Operation::read_anchor, base::ByteWriter(),
         typed<AuditAnchor>(std::move(done), read_audit_anchor));
  }

  void move_anchor(AuditAnchor anchor, Callback<void> done) override {
    base::ByteWriter payload(sizeof(AuditAnchor));
    write(payload, anchor);
    call(Operation::move_anchor, payload, empty_answer(std::move(done)));
  }

  void issue_command(CommandRequest request, Callback<SignedCommand> done) override {
    if (request.signers.size() > kMaxOrderSigners) return done(fail(base::kMalformed, "signers"));
    base::ByteWriter payload(4096);
    write(payload, request);
    call(Operation::issue_command, payload,
         typed<SignedCommand>(std::move(done), [](base::ByteReader& in) {
           SignedCommand command;
           command.authority = OrderAuthority{in.u8()};
           command.signature = copy(in.run(kMaxSmallText));
           return command;
         }));
  }

  void tls_sign(Bytes digest, Callback<Bytes> done) override {
    base::ByteWriter payload(4 + digest.size());
    payload.run(digest);
    call(Operation::tls_sign, payload, run_answer(std::move(done)));
  }

  void public_key(PublicKeyKind kind, Callback<PublicKey> done) override {
    base::ByteWriter payload(1);
    payload.u8(static_cast<std::uint8_t>(kind));
    call(Operation::public_key, payload,
         typed<PublicKey>(std::move(done), [](base::ByteReader& in) {
           PublicKey key;
           key.spki = copy(in.run(kMaxSmallText));
           key.key_id = in.text(kMaxSmallText);
           return key;
         }));
  }

  void issue_certificate(CertificateRequest request, Callback<IssuedCertificate> done) override {
    base::ByteWriter payload(512);
    write(payload, request);
    call(Operation::issue_certificate, payload,
         typed<IssuedCertificate>(std::move(done), read_issued_certificate));
  }

  void delete_room_key(TenantId tenant, RoomId room, Callback<void> done) override {
    base::ByteWriter payload(16);
    payload.u64(tenant.value).u64(room.value);
    call(Operation::delete_room_key, payload, empty_answer(std::move(done)));
  }

  void delete_author_key(TenantId tenant, UserId author, Callback<void> done) override {
    base::ByteWriter payload(16);
    payload.u64(tenant.value).u64(author.value);
    call(Operation::delete_author_key, payload, empty_answer(std::move(done)));
  }

  void turn_epoch(TenantId tenant, Callback<EpochReport> done) override {
    base::ByteWriter payload(8);
    payload.u64(tenant.value);
    call(Operation::turn_epoch, payload, typed<EpochReport>(std::move(done), read_epoch_report),
         KeyConnection::Patience::long_call);
  }

  void copy_keyring(Callback<Bytes> done) override {
    call(Operation::copy_keyring, base::ByteWriter(), run_answer(std::move(done)),
         KeyConnection::Patience::long_call);
  }

  void confirm_keyring_copy(base::Sha256 digest, Callback<void> done) override {
    base::ByteWriter payload(digest.size());
    payload.raw(digest);
    call(Operation::confirm_keyring_copy, payload, empty_answer(std::move(done)));
  }

  void status(Callback<TokenStatus> done) override {
    call(Operation::status, base::ByteWriter(),
         typed<TokenStatus>(std::move(done), read_token_status));
  }

  [[nodiscard]] bool ready() const override { return connection_.ready(); }

 private:
  static KeyConnection::Answer run_answer(Callback<Bytes> done) {
    return typed<Bytes>(std::move(done),
                        [](base::ByteReader& in) { return copy(in.run(kMaxReplyFrame)); });
  }

  void call(Operation operation, const base::ByteWriter& payload, KeyConnection::Answer answer,
            KeyConnection::Patience patience = KeyConnection::Patience::short_call) {
    auto frame = begin_frame(static_cast<std::uint8_t>(operation), 0, payload.size());
    frame.raw(payload.bytes());
    connection_.call(std::move(frame), std::move(answer), patience);
  }

  KeyConnection connection_;
};

}  // namespace

std::unique_ptr<KeyService> connect_key_service(KeyClientOptions options) {
  return std::make_unique<KeyClient>(std::move(options));
}

}  // namespace conclave::hsm::api
