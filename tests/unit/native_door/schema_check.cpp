#include "tests/unit/native_door/schema_check.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "tests/unit/protocol/schema_files.hpp"

namespace conclave::tests {
namespace {

namespace json = boost::json;
using Faults = std::vector<std::string>;

bool is_of_type(std::string_view type, const json::value& value) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "boolean") return value.is_bool();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

Faults object_faults(const json::object& schema, const json::object& value,
                     const std::string& path) {
  Faults out;
  if (const json::value* required = schema.if_contains("required")) {
    for (const json::value& name : required->as_array()) {
      if (!value.contains(name.as_string()))
        out.push_back(path + "/" + name.as_string().c_str() + ": missing");
    }
  }
  for (const auto& [name, member] : value) {
    const std::string place = path + "/" + std::string(name.data(), name.size());
    const json::value* known = schema.at("properties").as_object().if_contains(name);
    if (known == nullptr) {
      out.push_back(place + ": unknown");
      continue;
    }
    for (std::string& fault : faults_of(*known, member, place)) out.push_back(std::move(fault));
  }
  return out;
}

Faults array_faults(const json::object& schema, const json::array& value, const std::string& path) {
  Faults out;
  if (value.size() > static_cast<std::size_t>(schema.at("maxItems").as_int64())) {
    out.push_back(path + ": too many items");
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    for (std::string& fault :
         faults_of(schema.at("items"), value[i], path + "/" + std::to_string(i))) {
      out.push_back(std::move(fault));
    }
  }
  return out;
}

Faults scalar_faults(const json::object& schema, const json::value& value,
                     const std::string& path) {
  if (const json::value* names = schema.if_contains("enum")) {
    if (std::ranges::find(names->as_array(), value) == names->as_array().end()) {
      return {path + ": no enumerator: " + json::serialize(value)};
    }
  }
  if (value.is_int64()) {
    const json::value* least = schema.if_contains("minimum");
    if (least != nullptr && value.as_int64() < least->as_int64()) return {path + ": too small"};
  }
  if (value.is_string()) {
    const json::value* least = schema.if_contains("minLength");
    const auto size = static_cast<std::int64_t>(value.as_string().size());
    if (least != nullptr && size < least->as_int64()) return {path + ": too short"};
  }
  return {};
}

}  // namespace

Faults faults_of(const json::value& reference, const json::value& value, const std::string& path) {
  const json::object& schema = tests::schema().resolve(reference);
  if (const json::value* choices = schema.if_contains("oneOf")) {
    Faults nearest{path + ": no alternative"};
    std::size_t valid = 0;
    for (const json::value& choice : choices->as_array()) {
      Faults faults = faults_of(choice, value, path);
      if (faults.empty()) ++valid;
      nearest.insert(nearest.end(), faults.begin(), faults.end());
    }
    return valid == 1 ? Faults{} : nearest;
  }
  if (const json::value* only = schema.if_contains("const")) {
    return *only == value ? Faults{} : Faults{path + ": another constant"};
  }
  const json::value* type = schema.if_contains("type");
  if (type == nullptr) return {};
  const std::string_view name(type->as_string().data(), type->as_string().size());
  if (!is_of_type(name, value)) return {path + ": no " + std::string(name)};
  if (value.is_object()) return object_faults(schema, value.get_object(), path);
  if (value.is_array()) return array_faults(schema, value.get_array(), path);
  return scalar_faults(schema, value, path);
}

}  // namespace conclave::tests
