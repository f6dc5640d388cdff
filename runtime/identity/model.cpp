#include "runtime/identity/model.hpp"

#include <algorithm>
#include <array>

#include "runtime/base/encoding.hpp"
#include "runtime/identity/errors.hpp"

namespace conclave::identity {

namespace {

constexpr std::array<std::pair<Role, std::string_view>, 9> kRoleNames{{
    {Role::member, "member"},
    {Role::guest, "guest"},
    {Role::service, "service"},
    {Role::user_admin, "user_admin"},
    {Role::room_admin, "room_admin"},
    {Role::security_admin, "security_admin"},
    {Role::auditor, "auditor"},
    {Role::provider_admin, "provider_admin"},
    {Role::provider_auditor, "provider_auditor"},
}};

constexpr RoleSet kAdmins{Role::user_admin, Role::room_admin, Role::security_admin,
                          Role::provider_admin};
constexpr RoleSet kAuditors{Role::auditor, Role::provider_auditor};
constexpr RoleSet kProvider{Role::provider_admin, Role::provider_auditor};
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxDomain = 253;
constexpr std::size_t kMaxDomainPart = 63;
constexpr std::size_t kMaxText = 128;

bool overlap(RoleSet left, RoleSet right) {
  return (left.bits() & right.bits()) != 0;
}

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool domain_part(std::string_view part) {
  if (part.empty() || part.size() > kMaxDomainPart) return false;
  if (part.front() == '-' || part.back() == '-') return false;
  return std::ranges::all_of(part, [](char c) { return letter_or_digit(c) || c == '-'; });
}

}  // namespace

std::string_view to_text(Role role) {
  for (const auto& [known, name] : kRoleNames) {
    if (known == role) return name;
  }
  return "unknown";
}

Result<Role> parse_role(std::string_view text) {
  for (const auto& [role, name] : kRoleNames) {
    if (name == text) return role;
  }
  return fail(base::kMalformed, "unknown role");
}

std::vector<std::string_view> role_names(RoleSet roles) {
  std::vector<std::string_view> out;
  for (const auto& [role, name] : kRoleNames) {
    if (roles.has(role)) out.push_back(name);
  }
  return out;
}

Result<void> check_roles(RoleSet roles, bool provider_tenant) {
  if (overlap(roles, kAuditors) && overlap(roles, kAdmins)) {
    return fail(kRolesConflict, "auditor and admin");
  }
  if (!provider_tenant && overlap(roles, kProvider)) {
    return fail(kRolesConflict, "provider roles");
  }
  return {};
}

Result<std::string> clean_name(std::string_view text) {
  std::string out = lower(text);
  if (out.empty() || out.size() > kMaxName || !letter_or_digit(out.front())) {
    return fail(kNameInvalid);
  }
  const bool allowed = std::ranges::all_of(
      out, [](char c) { return letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
  if (!allowed) return fail(kNameInvalid);
  return out;
}

Result<std::string> clean_domain(std::string_view text) {
  std::string out = lower(text);
  if (out.empty() || out.size() > kMaxDomain) return fail(kNameInvalid, "domain");
  for (std::string_view rest = out; !rest.empty();) {
    const std::size_t dot = rest.find('.');
    if (!domain_part(rest.substr(0, dot))) return fail(kNameInvalid, "domain");
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
    if (rest.empty()) return fail(kNameInvalid, "domain");
  }
  return out;
}

Result<std::string> clean_label(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxText || !base::is_utf8(text)) return fail(kTextInvalid);
  const bool control = std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (control) return fail(kTextInvalid, "control character");
  return std::string(text);
}

Result<AccountName> parse_account(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return fail(kNameInvalid, "account without a domain");
  auto local = clean_name(text.substr(0, at));
  if (!local) return std::unexpected(local.error());
  auto domain = clean_domain(text.substr(at + 1));
  if (!domain) return std::unexpected(domain.error());
  return AccountName{std::move(*local), std::move(*domain)};
}

}  // namespace conclave::identity
