#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/identity/actor.hpp"

namespace conclave::doors::http {

// Reads a request's JSON object field by field. The first mistake is kept and names its field; a
// reader takes all fields, then asks finish(), which also refuses fields that nobody asked for.
class Fields {
 public:
  explicit Fields(boost::json::object body, std::string path = {});

  std::string text(std::string_view name);
  std::optional<std::string> optional_text(std::string_view name);
  std::optional<bool> optional_flag(std::string_view name);
  std::uint64_t number(std::string_view name);  // an integer, 0 or more
  std::optional<std::uint64_t> optional_number(std::string_view name);
  std::optional<identity::RoleSet> optional_roles(std::string_view name);
  Bytes binary(std::string_view name);  // base64url
  // The JSON's own copy is wiped.
  base::Secret secret(std::string_view name);
  std::optional<base::Secret> optional_secret(std::string_view name);
  // An object within; its mistakes are reported by `finish(inner)`.
  Fields object(std::string_view name);

  void reject(std::string_view name, std::string_view why);
  [[nodiscard]] Result<void> finish();
  [[nodiscard]] Result<void> finish(Fields& inner);

 private:
  std::uint64_t integer(std::string_view name, const boost::json::value& value);
  boost::json::value* take(std::string_view name, bool required);

  boost::json::object body_;
  std::string path_;
  boost::json::object taken_;  // keeps what take() points to
  std::optional<std::string> mistake_;
};

}  // namespace conclave::doors::http
