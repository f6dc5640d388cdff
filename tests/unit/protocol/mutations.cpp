#include "tests/unit/protocol/mutations.hpp"

#include "tests/unit/protocol/schema_files.hpp"

namespace conclave::tests {
namespace {

namespace json = boost::json;

std::string_view text_of(const json::object& schema, std::string_view key) {
  const json::value* held = schema.if_contains(json::string_view(key.data(), key.size()));
  if (held == nullptr) return {};
  return {held->as_string().data(), held->as_string().size()};
}

// Values of every other type than `type`.
std::vector<json::value> strangers_to(std::string_view type) {
  std::vector<json::value> out{nullptr, 1.5};
  if (type != "string") out.emplace_back("text");
  if (type != "integer") out.emplace_back(7);
  if (type != "boolean") out.emplace_back(true);
  if (type != "array") out.emplace_back(json::array{});
  if (type != "object") out.emplace_back(json::object{});
  return out;
}

void break_string(const json::object& schema, std::vector<Mutation>& out) {
  if (schema.contains("maxLength")) {
    const auto most = static_cast<std::size_t>(schema.at("maxLength").as_int64());
    out.push_back({"too long", "", json::value(std::string(most + 1, 'a'))});
  }
  if (schema.contains("minLength")) out.push_back({"empty", "", json::value("")});
  const std::string_view check = text_of(schema, "x-check");
  if (check == "line" || check == "text" || check == "platform" || check == "token") {
    out.push_back({"control character", "", json::value(std::string("a\x01") + "b")});
  }
  if (check.ends_with("_id")) {
    out.push_back({"another prefix", "", json::value("x_0000000000001")});
    out.push_back({"zero", "", json::value(std::string(check.substr(0, 1)) + "_0000000000000")});
    out.push_back(
        {"too large", "", json::value(std::string(check.substr(0, 1)) + "_f000000000000")});
  }
  if (check == "base64url") out.push_back({"padding", "", json::value("AAECAwQFBgcICQoLDA0ODw==")});
  if (check == "account") out.push_back({"no account", "", json::value("ada@")});
  if (check == "state_key") out.push_back({"no key", "", json::value("secrets.name")});
}

void break_scalar(const json::object& schema, std::vector<Mutation>& out) {
  const std::string_view type = text_of(schema, "type");
  for (json::value& stranger : strangers_to(type)) {
    out.push_back({"another type", "", std::move(stranger)});
  }
  if (schema.contains("enum")) {
    out.push_back({"no enumerator", "", json::value("nonesuch")});
  } else if (type == "string") {
    break_string(schema, out);
  }
  if (type == "integer") {
    out.push_back({"below", "", json::value(schema.at("minimum").as_int64() - 1)});
    out.push_back({"above", "", json::value(schema.at("maximum").as_int64() + 1)});
  }
}

void break_array(const json::object& schema, const json::array& value, std::vector<Mutation>& out) {
  for (json::value& stranger : strangers_to("array")) {
    out.push_back({"another type", "", std::move(stranger)});
  }
  const auto most = static_cast<std::size_t>(schema.at("maxItems").as_int64());
  if (!value.empty()) {
    json::array longer;
    while (longer.size() <= most) longer.push_back(value.at(0));
    out.push_back({"too many", "", std::move(longer)});
    for (Mutation& item : mutations_of(schema.at("items"), value.at(0))) {
      json::array broken = value;
      broken.at(0) = std::move(item.value);
      out.push_back({item.what, "/0" + item.path, std::move(broken)});
    }
  }
  if (schema.contains("minItems")) out.push_back({"too few", "", json::array{}});
}

void break_object(const json::object& schema, const json::object& value,
                  std::vector<Mutation>& out) {
  json::object larger = value;
  larger["nonesuch"] = 1;
  out.push_back({"unknown member", "/nonesuch", std::move(larger)});
  if (const json::value* required = schema.if_contains("required")) {
    for (const json::value& name : required->as_array()) {
      json::object smaller = value;
      smaller.erase(name.as_string());
      out.push_back({"missing", "/" + std::string(name.as_string().c_str()), std::move(smaller)});
    }
  }
  for (const auto& [name, member] : value) {
    for (Mutation& inner : mutations_of(schema.at("properties").as_object().at(name), member)) {
      json::object broken = value;
      broken[name] = std::move(inner.value);
      out.push_back({inner.what, "/" + std::string(name.data(), name.size()) + inner.path,
                     std::move(broken)});
    }
  }
}

}  // namespace

std::vector<Mutation> mutations_of(const json::value& reference, const json::value& value) {
  const json::object& schema = tests::schema().resolve(reference);
  std::vector<Mutation> out;
  const std::string_view type = text_of(schema, "type");
  if (schema.contains("const")) {
    out.push_back({"another constant", "", json::value("nonesuch")});
  } else if (type == "object") {
    break_object(schema, value.as_object(), out);
    if (value.as_object().empty()) return out;
  } else if (type == "array") {
    break_array(schema, value.as_array(), out);
  } else if (!type.empty()) {
    break_scalar(schema, out);
  }
  return out;
}

}  // namespace conclave::tests
