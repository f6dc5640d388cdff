#include "runtime/doors/http/fields.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "runtime/base/encoding.hpp"
#include "runtime/doors/http/errors.hpp"
#include "runtime/identity/model.hpp"

namespace conclave::doors::http {

namespace json = boost::json;

Fields::Fields(json::object body, std::string path)
    : body_(std::move(body)), path_(std::move(path)) {}

void Fields::reject(std::string_view name, std::string_view why) {
  if (!mistake_) mistake_ = path_ + std::string(name) + ": " + std::string(why);
}

json::value* Fields::take(std::string_view name, bool required) {
  const auto found = body_.find(name);
  if (found == body_.end()) {
    if (required) reject(name, "is missing");
    return nullptr;
  }
  json::value& kept = taken_[name];
  kept = std::move(found->value());
  body_.erase(found);
  return &kept;
}

std::string Fields::text(std::string_view name) {
  const json::value* value = take(name, true);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    reject(name, "must be a string");
    return {};
  }
  return std::string(value->as_string());
}

std::optional<std::string> Fields::optional_text(std::string_view name) {
  if (!body_.contains(name)) return std::nullopt;
  return text(name);
}

std::optional<bool> Fields::optional_flag(std::string_view name) {
  const json::value* value = take(name, false);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    reject(name, "must be true or false");
    return std::nullopt;
  }
  return value->as_bool();
}

std::uint64_t Fields::number(std::string_view name) {
  const json::value* value = take(name, true);
  return value == nullptr ? 0 : integer(name, *value);
}

std::optional<std::uint64_t> Fields::optional_number(std::string_view name) {
  const json::value* value = take(name, false);
  if (value == nullptr) return std::nullopt;
  return integer(name, *value);
}

std::uint64_t Fields::integer(std::string_view name, const json::value& value) {
  boost::system::error_code error;
  const auto out = value.is_double() ? 0 : value.to_number<std::uint64_t>(error);
  if (error || value.is_double()) {
    reject(name, "must be an integer, 0 or more");
    return 0;
  }
  return out;
}

std::optional<identity::RoleSet> Fields::optional_roles(std::string_view name) {
  const json::value* value = take(name, false);
  if (value == nullptr) return std::nullopt;
  identity::RoleSet roles;
  if (!value->is_array()) {
    reject(name, "must be a list of role names");
    return std::nullopt;
  }
  for (const json::value& item : value->as_array()) {
    const auto role = item.is_string() ? identity::parse_role(item.as_string())
                                       : Result<identity::Role>(fail(base::kMalformed));
    if (!role) {
      reject(name,
             "roles are member, guest, service, user_admin, room_admin, security_admin, auditor, "
             "provider_admin, provider_auditor");
      return std::nullopt;
    }
    roles.add(*role);
  }
  return roles;
}

Bytes Fields::binary(std::string_view name) {
  const std::string encoded = text(name);
  auto bytes = base::base64url_decode(encoded);
  if (!bytes) {
    reject(name, "must be base64url without padding");
    return {};
  }
  return *std::move(bytes);
}

base::Secret Fields::secret(std::string_view name) {
  json::value* value = take(name, true);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    reject(name, "must be a string");
    return {};
  }
  json::string& text = value->as_string();
  base::Secret out(std::string_view(text.data(), text.size()));
  base::wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  return out;
}

std::optional<base::Secret> Fields::optional_secret(std::string_view name) {
  if (!body_.contains(name)) return std::nullopt;
  return secret(name);
}

Fields Fields::object(std::string_view name) {
  json::value* value = take(name, true);
  if (value != nullptr && !value->is_object()) reject(name, "must be an object");
  const bool usable = value != nullptr && value->is_object();
  return Fields(usable ? std::move(value->as_object()) : json::object(),
                path_ + std::string(name) + ".");
}

Result<void> Fields::finish() {
  if (!mistake_ && !body_.empty()) reject(body_.begin()->key(), "is not a field of this request");
  if (mistake_) return fail(kParamsInvalid, *mistake_);
  return {};
}

Result<void> Fields::finish(Fields& inner) {
  CONCLAVE_TRY(finish());
  return inner.finish();
}

}  // namespace conclave::doors::http
