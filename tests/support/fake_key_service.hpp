#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "hsm/api/errors.hpp"
#include "hsm/api/key_service.hpp"
#include "runtime/base/encoding.hpp"

// A KeyService in memory, for tests of logic that stands on top of keyd. It keeps keyd's promises
// that such logic relies on (bindings are checked, destroyed parents are fatal, stale references
// are told apart) with digests instead of ciphers: nothing here is secret. Answers at once, on the
// caller's thread.
namespace conclave::testing {

class FakeKeyService : public hsm::api::KeyService {
 public:
  // Every call answers this until it is set to null again: a token that is gone, slow or locked.
  const ErrorSpec* broken = nullptr;
  hsm::api::AuditAnchor anchor;
  // Calls so far, by operation: "seal", "mac_rows", …
  std::map<std::string, int> calls;
  // Told of each call before it is answered; may set `broken`.
  std::function<void(std::string_view)> on_call;
  std::set<TenantId> tenants;
  std::int64_t now_ms = 1'700'000'000'000;

  // All content keys answer kKeyRefStale until they are opened again (keyd was restarted).
  void forget_refs() { refs_.clear(); }

  void create_tenant(TenantId tenant, Callback<void> done) override {
    if (down("create_tenant", done)) return;
    tenants.insert(tenant);
    done({});
  }

  void create_content_key(hsm::api::ContentKeyName name,
                          Callback<hsm::api::NewContentKey> done) override {
    if (down("create_content_key", done)) return;
    base::ByteWriter blob;
    write_name(blob, name);
    hsm::api::NewContentKey key;
    key.id[15] = static_cast<std::uint8_t>(++next_key_);
    key.id[14] = static_cast<std::uint8_t>(next_key_ >> 8);
    key.blob = blob.raw(key.id).take();
    key.ref = load(name, key.id);
    done(std::move(key));
  }

  void open_content_key(hsm::api::ContentKeyName name, hsm::api::KeyId id, Bytes blob,
                        Callback<hsm::api::KeyRef> done) override {
    if (down("open_content_key", done)) return;
    base::ByteWriter expected;
    write_name(expected, name);
    if (expected.raw(id).bytes() != blob) return done(fail(hsm::api::kSealBroken));
    if (dead_rooms_.contains({name.tenant, name.room}) ||
        dead_authors_.contains({name.tenant, name.author})) {
      return done(fail(hsm::api::kKeyDestroyed));
    }
    done(load(name, id));
  }

  void seal(std::vector<hsm::api::SealItem> items, Callback<std::vector<Bytes>> done) override {
    if (down("seal", done)) return;
    std::vector<Bytes> out;
    for (const auto& item : items) {
      if (!refs_.contains(item.key.value)) return done(fail(hsm::api::kKeyRefStale));
      out.push_back(close_box(refs_.at(item.key.value), item.header, item.plaintext));
    }
    done(std::move(out));
  }

  void open(std::vector<hsm::api::OpenItem> items,
            Callback<std::vector<Result<Bytes>>> done) override {
    if (down("open", done)) return;
    std::vector<Result<Bytes>> out;
    for (const auto& item : items) out.push_back(open_one(item));
    done(std::move(out));
  }

  void seal_rows(std::vector<hsm::api::RowItem> rows, Callback<std::vector<Bytes>> done) override {
    if (down("seal_rows", done)) return;
    std::vector<Bytes> out;
    for (const auto& row : rows) out.push_back(close_box({}, row_header(row), row.content));
    done(std::move(out));
  }

  void open_rows(std::vector<hsm::api::RowItem> rows,
                 Callback<std::vector<Result<Bytes>>> done) override {
    if (down("open_rows", done)) return;
    std::vector<Result<Bytes>> out;
    for (const auto& row : rows) {
      if (dead_authors_.contains({row.tenant, row.author})) {
        out.push_back(fail(hsm::api::kKeyDestroyed));
      } else {
        out.push_back(open_box({}, row_header(row), row.content));
      }
    }
    done(std::move(out));
  }

  void mac_rows(std::vector<Bytes> contents, Callback<std::vector<Bytes>> done) override {
    if (down("mac_rows", done)) return;
    std::vector<Bytes> out;
    for (const auto& content : contents) out.push_back(mac(content));
    done(std::move(out));
  }

  void check_rows(std::vector<hsm::api::PowerRow> rows, Callback<std::vector<bool>> done) override {
    if (down("check_rows", done)) return;
    std::vector<bool> out;
    for (const auto& row : rows) out.push_back(mac(row.content) == row.mac);
    done(std::move(out));
  }

  void password_mac(TenantId tenant, UserId account, Bytes input, Callback<Bytes> done) override {
    if (down("password_mac", done)) return;
    base::ByteWriter text;
    text.run("pepper").u64(tenant.value).u64(account.value).run(input);
    done(digest(text.bytes()));
  }

  void reuse_mac(std::uint64_t person, Bytes input, Callback<Bytes> done) override {
    if (down("reuse_mac", done)) return;
    done(digest(base::ByteWriter().run("reuse").u64(person).run(input).bytes()));
  }

  void issue_access(hsm::api::AccessClaims claims, Callback<hsm::api::AccessToken> done) override {
    if (down("issue_access", done)) return;
    done(hsm::api::AccessToken{
        "token." + base::to_text(claims.session) + "." + std::to_string(++next_token_),
        now_ms + 300'000});
  }

  void sign_audit_head(base::Sha256 head, Callback<Bytes> done) override {
    if (down("sign_audit_head", done)) return;
    done(digest(head));
  }
  void read_anchor(Callback<hsm::api::AuditAnchor> done) override {
    if (down("read_anchor", done)) return;
    done(anchor);
  }
  void move_anchor(hsm::api::AuditAnchor wanted, Callback<void> done) override {
    if (down("move_anchor", done)) return;
    if (wanted != anchor && wanted.number <= anchor.number) {
      return done(fail(hsm::api::kAnchorBehind));
    }
    anchor = wanted;
    done(Result<void>{});
  }
  // Takes signers at their word, and keeps what it was asked.
  std::vector<hsm::api::CommandRequest> commands;
  void issue_command(hsm::api::CommandRequest request,
                     Callback<hsm::api::SignedCommand> done) override {
    if (down("issue_command", done)) return;
    const auto authority = request.signers.size() == 1 ? hsm::api::OrderAuthority::owner
                                                       : hsm::api::OrderAuthority::admins;
    const auto statement = hsm::api::command_statement(request.document, authority);
    commands.push_back(std::move(request));
    Bytes signature = digest(statement);
    signature.resize(64);
    done(hsm::api::SignedCommand{authority, std::move(signature)});
  }
  void tls_sign(Bytes message, Callback<Bytes> done) override {
    if (down("tls_sign", done)) return;
    done(digest(message));
  }
  void public_key(hsm::api::PublicKeyKind, Callback<hsm::api::PublicKey> done) override {
    if (down("public_key", done)) return;
    done(hsm::api::PublicKey{Bytes(91, 1), "0123456789abcdef"});
  }
  void issue_certificate(hsm::api::CertificateRequest,
                         Callback<hsm::api::IssuedCertificate> done) override {
    if (down("issue_certificate", done)) return;
    done(hsm::api::IssuedCertificate{Bytes{1}, {Bytes{2}, Bytes{3}}});
  }

  void delete_room_key(TenantId tenant, RoomId room, Callback<void> done) override {
    if (down("delete_room_key", done)) return;
    dead_rooms_.insert({tenant, room});
    done({});
  }
  void delete_author_key(TenantId tenant, UserId author, Callback<void> done) override {
    if (down("delete_author_key", done)) return;
    dead_authors_.insert({tenant, author});
    done({});
  }
  void turn_epoch(TenantId, Callback<hsm::api::EpochReport> done) override {
    if (down("turn_epoch", done)) return;
    ++epoch_;
    done(hsm::api::EpochReport{epoch_ - 1, epoch_, 1, 0});
  }
  void copy_keyring(Callback<Bytes> done) override {
    if (down("copy_keyring", done)) return;
    done(Bytes{1, 2, 3});
  }
  void confirm_keyring_copy(base::Sha256, Callback<void> done) override {
    if (down("confirm_keyring_copy", done)) return;
    done({});
  }

  void status(Callback<hsm::api::TokenStatus> done) override {
    if (down("status", done)) return;
    hsm::api::TokenStatus out;
    out.ready = true;
    out.module = "fake";
    out.keys.push_back({"tls", "EC P-256", "CKM_ECDSA", true, false, 1});
    done(std::move(out));
  }
  [[nodiscard]] bool ready() const override { return broken == nullptr; }

 private:
  using Name = std::tuple<TenantId, RoomId, UserId, std::uint32_t, hsm::api::KeyId>;

  template <class T>
  bool down(const char* operation, Callback<T>& done) {
    ++calls[operation];
    if (on_call) on_call(operation);
    if (broken == nullptr) return false;
    done(fail(*broken));
    return true;
  }

  static Bytes digest(ByteView bytes) {
    const auto out = base::sha256(bytes);
    return {out.begin(), out.end()};
  }
  static Bytes mac(const Bytes& content) {
    return digest(base::ByteWriter().run("rows").run(content).bytes());
  }
  static void write_name(base::ByteWriter& out, const hsm::api::ContentKeyName& name) {
    out.u64(name.tenant.value).u64(name.room.value).u64(name.author.value).u32(name.generation);
  }
  static Bytes row_header(const hsm::api::RowItem& row) {
    base::ByteWriter out;
    out.u64(row.tenant.value).u64(row.author.value).run(row.table).run(row.row_id).run(row.column);
    return out.u64(row.version).take();
  }

  hsm::api::KeyRef load(const hsm::api::ContentKeyName& name, const hsm::api::KeyId& id) {
    base::ByteWriter out;
    write_name(out, name);
    refs_[++next_ref_] = out.raw(id).take();
    return {next_ref_};
  }

  // nonce 12 | "ciphertext" | tag 16, bound to key and header.
  Bytes close_box(ByteView key, ByteView header, ByteView plaintext) {
    base::ByteWriter out;
    out.u32(0).u64(++next_nonce_);
    for (const std::uint8_t byte : plaintext) out.u8(byte ^ 0xa5);
    const Bytes body = out.bytes();
    return out.raw(tag(key, header, body)).take();
  }
  static Bytes tag(ByteView key, ByteView header, ByteView body) {
    Bytes out = digest(base::ByteWriter().run(key).run(header).run(body).bytes());
    out.resize(hsm::api::kTagSize);
    return out;
  }
  static Result<Bytes> open_box(ByteView key, ByteView header, ByteView box) {
    constexpr std::size_t kEdge = hsm::api::kNonceSize + hsm::api::kTagSize;
    if (box.size() < kEdge) return fail(hsm::api::kSealBroken);
    const ByteView body = box.first(box.size() - hsm::api::kTagSize);
    const Bytes expected = tag(key, header, body);
    if (!std::ranges::equal(expected, box.last(hsm::api::kTagSize))) {
      return fail(hsm::api::kSealBroken);
    }
    Bytes out;
    for (const std::uint8_t byte : body.subspan(hsm::api::kNonceSize)) out.push_back(byte ^ 0xa5);
    return out;
  }

  Result<Bytes> open_one(const hsm::api::OpenItem& item) const {
    const auto key = refs_.find(item.key.value);
    if (key == refs_.end()) return fail(hsm::api::kKeyRefStale);
    auto view = hsm::api::parse_segment(item.segment);
    if (!view) return std::unexpected(view.error());
    const std::size_t header = view->header_bytes.size();
    return open_box(key->second, view->header_bytes, ByteView(item.segment).subspan(header));
  }

  std::map<std::uint64_t, Bytes> refs_;
  std::set<std::pair<TenantId, RoomId>> dead_rooms_;
  std::set<std::pair<TenantId, UserId>> dead_authors_;
  std::uint64_t next_ref_ = 0;
  std::uint64_t next_key_ = 0;
  std::uint64_t next_nonce_ = 0;
  std::uint64_t next_token_ = 0;
  std::uint32_t epoch_ = 0;
};

}  // namespace conclave::testing
