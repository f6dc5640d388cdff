#include <algorithm>

#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"
#include "runtime/identity/rights.hpp"
#include "runtime/rules/book.hpp"
#include "runtime/rules/errors.hpp"
#include "runtime/rules/shelf.hpp"

// What admins and auditors may look at.
namespace conclave::rules {

namespace {

using identity::Role;

constexpr identity::RoleSet kReaders{Role::security_admin, Role::auditor};

std::string shipped_text(std::string_view name) {
  const auto found = std::ranges::find(policy::shipped(), name, &policy::Shipped::name);
  return found == policy::shipped().end() ? std::string() : std::string(found->text);
}

}  // namespace

Result<void> Book::may_read(const identity::Actor& by, TenantId tenant) const {
  return identity::authorise(parts_.directory, by, tenant, kReaders);
}

std::string Book::document_in_force(TenantId tenant) const {
  const Shelf* found = shelf(tenant);
  if (found == nullptr || !found->why.empty()) return shipped_text(of(tenant).base);
  return found->versions.at(found->newest).document;
}

Result<std::vector<Listed>> Book::history(const identity::Actor& by, TenantId tenant) const {
  CONCLAVE_TRY(may_read(by, tenant));
  std::vector<Listed> out;
  const Shelf* found = shelf(tenant);
  if (found == nullptr) return out;
  for (const auto& [number, version] : found->versions) {
    const bool holds = number == found->newest && found->why.empty();
    out.push_back({number,
                   holds,
                   {},
                   version.by,
                   version.by_tenant,
                   version.set_ms,
                   version.copy_of,
                   policy::to_text(version.effect),
                   version.note,
                   version.evidence});
  }
  for (const auto& [place, why] : found->refused) {
    Listed& listed = out.emplace_back();
    listed.number = place.sub;
    listed.refused = why;
  }
  std::ranges::sort(out, std::greater{}, &Listed::number);
  return out;
}

Result<Version> Book::document(const identity::Actor& by, TenantId tenant,
                               std::uint64_t number) const {
  CONCLAVE_TRY(may_read(by, tenant));
  if (const Shelf* found = shelf(tenant); found != nullptr) {
    const auto version = found->versions.find(number);
    if (version != found->versions.end()) return version->second;
  }
  return fail(kVersionNotFound, std::to_string(number));
}

Result<Shown> Book::show(const identity::Actor& by, TenantId tenant, std::uint64_t number) const {
  CONCLAVE_TRY(may_read(by, tenant));
  Shown out;
  out.now = in_force(tenant);
  const bool set = out.now.standing == Standing::set;
  if (number == 0 && !set) {
    out.in_force = true;
    out.version.document = document_in_force(tenant);
    out.effective = policy::write_toml(of(tenant), policy::Comments::none);
    return out;
  }
  auto version = document(by, tenant, number == 0 ? out.now.newest : number);
  if (!version) return std::unexpected(std::move(version).error());
  out.version = *std::move(version);
  out.in_force = set && out.version.number == out.now.newest;
  const auto read = policy::parse(out.version.document, policy::shipped_policy);
  if (read) out.effective = policy::write_toml(*read, policy::Comments::none);
  return out;
}

}  // namespace conclave::rules
