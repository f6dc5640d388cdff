#include "hsm/keyd/approvers.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "hsm/keyd/errors.hpp"
#include "hsm/keyd/service.hpp"
#include "runtime/base/encoding.hpp"

namespace conclave::hsm::keyd {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostApprovers = 32;
constexpr std::size_t kMaxFile = 64 * 1024;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(base::kMalformed, "approvers: " + std::string(what));
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : "";
}

Result<Approver> parse_one(const json::value& value) {
  if (!value.is_object()) return wrong("not an object");
  const auto& object = value.get_object();
  const auto name = text_of(object, "name");
  if (name.empty() || name.size() > 64) return wrong("name");
  const auto algorithm = api::parse_algorithm(text_of(object, "algorithm"));
  if (!algorithm) return wrong("algorithm of " + std::string(name));
  const auto point = base::base64url_decode(text_of(object, "key"));
  if (!point) return wrong("key of " + std::string(name));
  auto key = api::make_verify_key(*algorithm, *point);
  if (!key) return wrong("key of " + std::string(name));
  return Approver{std::string(name), std::move(*key)};
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(api::kApprovalInvalid, "cannot read " + path.string());
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (text.size() > kMaxFile) return wrong("file too long");
  return text;
}

}  // namespace

Result<Approvers> parse_approvers(std::string_view text) {
  json::error_code failed;
  const auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return wrong("not JSON");
  const auto& object = value.get_object();
  const auto* needed = object.if_contains("needed");
  const auto* list = object.if_contains("approvers");
  if (needed == nullptr || !needed->is_int64() || list == nullptr || !list->is_array()) {
    return wrong("needed and approvers");
  }
  Approvers out;
  std::set<std::string> names;
  std::set<Bytes> keys;
  for (const auto& item : list->get_array()) {
    auto approver = parse_one(item);
    if (!approver) return std::unexpected(std::move(approver).error());
    // The same key under two names would let one person count twice.
    if (!names.insert(approver->name).second || !keys.insert(approver->key.point).second) {
      return wrong("twice: " + approver->name);
    }
    out.list.push_back(std::move(*approver));
  }
  const auto k = needed->get_int64();
  if (out.list.empty() || out.list.size() > kMostApprovers) return wrong("1 to 32 approvers");
  if (k < 1 || k > static_cast<std::int64_t>(out.list.size())) return wrong("needed");
  out.needed = static_cast<std::size_t>(k);
  return out;
}

Result<Approvers> load_approvers(const config::StatePaths& paths, keyring::KeyringFile& file) {
  const auto pinned = file.meta(facts::kApprovers);
  if (!pinned) return std::unexpected(pinned.error());
  if (!*pinned) return fail(api::kApprovalInvalid, "no custodians are pinned");
  const auto text = read_file(paths.approvers);
  if (!text) return std::unexpected(text.error());
  if (base::hex_encode(base::sha256(*text)) != **pinned) {
    return fail(api::kApprovalInvalid, "the custodians' file is not the pinned one");
  }
  return parse_approvers(*text);
}

Result<void> pin_approvers(std::string_view text, const config::StatePaths& paths,
                           keyring::KeyringFile& file) {
  const auto parsed = parse_approvers(text);
  if (!parsed) return std::unexpected(parsed.error());
  auto fresh = paths.approvers;
  fresh += ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (!out) return fail(base::kInternal, "cannot write " + fresh.string());
  }
  CONCLAVE_TRY(file.set_meta(facts::kApprovers, base::hex_encode(base::sha256(text))));
  std::error_code failed;
  std::filesystem::rename(fresh, paths.approvers, failed);
  if (failed) return fail(base::kInternal, failed.message());
  return {};
}

Result<void> pin_first_approvers(const std::filesystem::path& source,
                                 const config::StatePaths& paths, keyring::KeyringFile& file) {
  const auto pinned = file.meta(facts::kApprovers);
  if (!pinned) return std::unexpected(pinned.error());
  if (*pinned)
    return fail(kKeydConfiguration, "custodians are pinned; changing them is a ceremony");
  const auto text = read_file(source);
  if (!text) return std::unexpected(text.error());
  return pin_approvers(*text, paths, file);
}

}  // namespace conclave::hsm::keyd
