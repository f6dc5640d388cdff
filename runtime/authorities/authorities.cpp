#include "runtime/authorities/authorities.hpp"

#include <algorithm>

#include "runtime/authorities/errors.hpp"
#include "runtime/authorities/x509.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/rights.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::authorities {

namespace {

using identity::Role;

constexpr identity::RoleSet kWriters{Role::security_admin};
constexpr identity::RoleSet kReaders{Role::security_admin, Role::auditor};

std::string fingerprint_of(const Authority& authority) {
  return base::hex_encode(base::sha256(authority.certificate));
}

Described describe(const Authority& authority) {
  Described out;
  out.id = authority.id;
  out.fingerprint = fingerprint_of(authority);
  out.changed_ms = authority.changed_ms;
  const Certificate certificate = parse_certificate(authority.certificate);
  if (!certificate) return out;
  out.subject = subject_of(certificate.get());
  out.serial = serial_of(certificate.get());
  out.not_before_ms = ms_of(X509_get0_notBefore(certificate.get()));
  out.not_after_ms = ms_of(X509_get0_notAfter(certificate.get()));
  if (authority.revocations.empty()) return out;
  const RevocationList list = parse_list(authority.revocations);
  if (!list) return out;
  out.list_until_ms = ms_of(X509_CRL_get0_nextUpdate(list.get()));
  const int revoked = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list.get()));
  out.revoked = static_cast<std::size_t>(std::max(0, revoked));
  return out;
}

// Who could put an old list back could take a revocation back.
bool goes_back(ByteView before, ByteView after) {
  const RevocationList old = parse_list(before);
  const RevocationList next = parse_list(after);
  return old && next &&
         ms_of(X509_CRL_get0_lastUpdate(next.get())) < ms_of(X509_CRL_get0_lastUpdate(old.get()));
}

base::Sha256 digest_of(const network::CertificateChain& chain) {
  base::ByteWriter out;
  for (const Bytes& der : chain.der) out.run(der);
  return base::sha256(out.bytes());
}

Result<Bytes> read_own_list(std::string_view pem, const Authority& authority) {
  if (pem.empty()) return Bytes{};
  const Certificate issuer = parse_certificate(authority.certificate);
  if (!issuer) return fail(kAuthorityInvalid, "its certificate cannot be read");
  return read_list(pem, issuer.get());
}

}  // namespace

void Authorities::load(const identity::SoundRows& rows) {
  shelves_.clear();
  const auto refuse = [this](const store::Record& row) {
    shelves_[row.tenant].refused.push_back(AuthorityId{row.id});
    observe::error("alarm.authority_refused",
                   {{"tenant", row.tenant},
                    {"authority", AuthorityId{row.id}},
                    {"advice", "its client certificates count no more; add it again"}});
  };
  for (const store::Record& row : rows.of(store::RecordKind::authority)) {
    auto read = decode(row);
    const bool whole = read && parse_certificate(read->certificate) &&
                       (read->revocations.empty() || parse_list(read->revocations));
    if (whole) {
      shelves_[row.tenant].sound[read->id] = *std::move(read);
    } else {
      identity::tell_row_refused(row, "form");
      refuse(row);
    }
  }
  for (const identity::UnsoundRow& unsound : rows.unsound(store::RecordKind::authority)) {
    refuse(unsound.row);
  }
  for (auto& [tenant, shelf] : shelves_) settle(shelf);
}

void Authorities::settle(Shelf& shelf) {
  std::vector<Authority> sound;
  for (const auto& [id, authority] : shelf.sound) sound.push_back(authority);
  shelf.proven.clear();
  shelf.verifier.reset();
  if (!sound.empty()) shelf.verifier.emplace(sound);
}

std::optional<Judged> Authorities::judge(TenantId tenant,
                                         const network::PresentedChain& presented) const {
  const auto found = shelves_.find(tenant);
  if (presented == nullptr || found == shelves_.end() || !found->second.verifier) {
    return std::nullopt;
  }
  Shelf& shelf = found->second;
  const std::int64_t now_ms = parts_.clock.utc_ms();
  const base::Sha256 digest = digest_of(*presented);
  const auto known = shelf.proven.find(digest);
  if (known != shelf.proven.end() && known->second.since_ms <= now_ms &&
      now_ms < known->second.judged.until_ms) {
    return known->second.judged;
  }
  const Judged judged = shelf.verifier->judge(*presented, now_ms);
  if (judged.verdict == Verdict::proven) {
    if (shelf.proven.size() >= kRemembered) shelf.proven.clear();
    shelf.proven[digest] = {judged, now_ms};
  }
  return judged;
}

const Authority* Authorities::find(TenantId tenant, AuthorityId id) const {
  const auto shelf = shelves_.find(tenant);
  if (shelf == shelves_.end()) return nullptr;
  const auto found = shelf->second.sound.find(id);
  return found == shelf->second.sound.end() ? nullptr : &found->second;
}

Task<Result<Described>> Authorities::add(identity::Actor by, TenantId tenant, std::string pem,
                                         std::string list) {
  CONCLAVE_CO_TRY(identity::authorise(parts_.directory, by, tenant, kWriters));
  auto certificate = read_authority(pem, parts_.clock.utc_ms());
  if (!certificate) co_return std::unexpected(certificate.error());
  Authority made;
  made.tenant = tenant;
  made.certificate = *std::move(certificate);
  auto revocations = read_own_list(list, made);
  if (!revocations) co_return std::unexpected(revocations.error());
  made.revocations = *std::move(revocations);
  {
    auto pass = co_await parts_.writer.enter();
    if (!pass) co_return std::unexpected(pass.error());
    if (parts_.directory.tenant(tenant) == nullptr) co_return fail(identity::kTenantNotFound);
    const Shelf& shelf = shelves_[tenant];
    for (const auto& [id, other] : shelf.sound) {
      if (other.certificate == made.certificate) {
        co_return fail(kAuthorityExists, base::to_text(id));
      }
    }
    if (shelf.sound.size() >= kMostAuthorities) co_return fail(kAuthorityLimit);
    do {
      made.id = AuthorityId{parts_.random.id_value()};
    } while (find(tenant, made.id) != nullptr || std::ranges::count(shelf.refused, made.id) != 0);
    made.version = 1;
    CONCLAVE_CO_TRY(co_await store(by, made, "authority.added", false));
  }
  if (changed_) changed_(tenant);
  co_return describe(made);
}

Task<Result<Described>> Authorities::set_list(identity::Actor by, TenantId tenant, AuthorityId id,
                                              std::string list) {
  CONCLAVE_CO_TRY(identity::authorise(parts_.directory, by, tenant, kWriters));
  Authority made;
  {
    auto pass = co_await parts_.writer.enter();
    if (!pass) co_return std::unexpected(pass.error());
    const Authority* known = find(tenant, id);
    if (known == nullptr) co_return fail(kAuthorityNotFound);
    made = *known;
    auto revocations = read_own_list(list, made);
    if (!revocations) co_return std::unexpected(revocations.error());
    if (goes_back(made.revocations, *revocations)) {
      co_return fail(kAuthorityInvalid, "the revocation list is older than the one it replaces");
    }
    made.revocations = *std::move(revocations);
    ++made.version;
    CONCLAVE_CO_TRY(co_await store(by, made, "authority.list_set", false));
  }
  if (changed_) changed_(tenant);
  co_return describe(made);
}

Task<Result<void>> Authorities::remove(identity::Actor by, TenantId tenant, AuthorityId id) {
  CONCLAVE_CO_TRY(identity::authorise(parts_.directory, by, tenant, kWriters));
  {
    auto pass = co_await parts_.writer.enter();
    if (!pass) co_return std::unexpected(pass.error());
    const Authority* known = find(tenant, id);
    if (known == nullptr) co_return fail(kAuthorityNotFound);
    CONCLAVE_CO_TRY(co_await store(by, *known, "authority.removed", true));
  }
  if (changed_) changed_(tenant);
  co_return Result<void>{};
}

Task<Result<void>> Authorities::store(identity::Actor by, Authority authority, std::string action,
                                      bool gone) {
  const TenantId tenant = authority.tenant;
  authority.changed_ms = parts_.clock.utc_ms();
  authority.by = by.user;
  authority.by_tenant = by.tenant;
  audit::Entry entry =
      identity::admin_entry(by, tenant, std::move(action), base::to_text(authority.id));
  const Described shown = describe(authority);
  entry.facts = {{"subject", shown.subject},
                 {"fingerprint", shown.fingerprint},
                 {"revoked", std::to_string(shown.revoked)}};
  store::Transaction more;
  const auto take_away = [&](AuthorityId id) {
    more.push_back(store::DeleteRecord{store::RecordKind::authority, tenant, id.value, 0});
  };
  // A refused row is taken away with the change that follows; the trail keeps that it was.
  for (const AuthorityId id : shelves_[tenant].refused) take_away(id);
  std::vector<store::Record> rows;
  if (gone) {
    take_away(authority.id);
  } else {
    rows.push_back(encode(authority));
  }
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), std::move(more), std::move(entry)));
  Shelf& shelf = shelves_[tenant];
  shelf.refused.clear();
  if (gone) {
    shelf.sound.erase(authority.id);
  } else {
    const AuthorityId id = authority.id;
    shelf.sound[id] = std::move(authority);
  }
  settle(shelf);
  co_return Result<void>{};
}

Result<std::vector<Described>> Authorities::list(const identity::Actor& by, TenantId tenant) const {
  CONCLAVE_TRY(identity::authorise(parts_.directory, by, tenant, kReaders));
  std::vector<Described> out;
  const auto shelf = shelves_.find(tenant);
  if (shelf == shelves_.end()) return out;
  for (const auto& [id, authority] : shelf->second.sound) out.push_back(describe(authority));
  return out;
}

}  // namespace conclave::authorities
