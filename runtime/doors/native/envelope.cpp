#include "runtime/doors/native/envelope.hpp"

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <span>

#include "runtime/base/secret.hpp"
#include "runtime/doors/native/errors.hpp"
#include "runtime/doors/native/json_text.hpp"
#include "runtime/doors/native/strict_json.hpp"

namespace conclave::doors::native {
namespace {

namespace json = boost::json;
namespace protocol = sdk::protocol;

std::string_view view_of(const json::string& text) {
  return {text.data(), text.size()};
}

// The members of an envelope, still untyped.
struct Members {
  const json::value* id = nullptr;
  const json::value* method = nullptr;
  const json::value* params = nullptr;
  bool version = false;
  std::string unknown;
};

Members members_of(const json::object& object) {
  Members out;
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    const json::value& value = member.value();
    if (name == "jsonrpc")
      out.version = value.is_string() && view_of(value.get_string()) == "2.0";
    else if (name == "id")
      out.id = &value;
    else if (name == "method")
      out.method = &value;
    else if (name == "params")
      out.params = &value;
    else
      out.unknown = name.substr(0, kMaxIdBytes);
  }
  return out;
}

// The id as JSON text; none when it is neither an integer nor a short text.
std::optional<std::string> id_text(const json::value* id) {
  if (id == nullptr) return std::nullopt;
  if (const std::int64_t* number = id->if_int64()) return std::to_string(*number);
  const json::string* text = id->if_string();
  if (text == nullptr || text->size() > kMaxIdBytes) return std::nullopt;
  std::string out;
  append_string(out, view_of(*text));
  return out;
}

std::unexpected<Refusal> refuse(std::string id, const ErrorSpec& spec, std::string detail,
                                std::string path = {}) {
  return std::unexpected(Refusal{std::move(id), Error(spec, std::move(detail)), std::move(path)});
}

std::unexpected<Refusal> refuse_method(std::string id, std::string_view name) {
  const std::string_view near = protocol::nearest(name, protocol::kMethodNames);
  return refuse(std::move(id), kMethodUnknown,
                near.empty() ? std::string() : "did you mean " + std::string(near) + "?");
}

std::expected<ParsedRequest, Refusal> interpret(const json::object& object) {
  const Members members = members_of(object);
  const std::optional<std::string> id = id_text(members.id);
  if (!id) return refuse("null", kRequestInvalid, "id is missing, or of another type or too long");
  if (!members.version) return refuse(*id, kRequestInvalid, "jsonrpc is not \"2.0\"");
  if (!members.unknown.empty()) {
    return refuse(*id, kRequestInvalid, "a request has no member of another name");
  }
  const json::string* name = members.method == nullptr ? nullptr : members.method->if_string();
  if (name == nullptr) return refuse(*id, kRequestInvalid, "method is missing or no text");
  const auto method = protocol::find_method(view_of(*name));
  if (!method) return refuse_method(*id, view_of(*name));

  static const json::object kNoParams;
  const json::object* params = members.params == nullptr ? &kNoParams : members.params->if_object();
  if (params == nullptr) return refuse(*id, kRequestInvalid, "params is no object");
  auto parsed = protocol::parse_params(*method, *params);
  if (!parsed) {
    protocol::Fault fault = std::move(parsed).error();
    return refuse(*id, *fault.spec, "expected " + fault.expected, std::move(fault.path));
  }
  return ParsedRequest{*id, *method, std::move(*parsed)};
}

std::expected<ParsedRequest, Refusal> parse_in(std::span<unsigned char> buffer,
                                               std::string_view text) {
  json::monotonic_resource arena(buffer.data(), buffer.size());
  const std::optional<json::value> value = parse_strictly(text, kMaxDepth, &arena);
  if (!value) return refuse("null", kParse, {});
  const json::object* object = value->if_object();
  if (object == nullptr) return refuse("null", kRequestInvalid, "a request is one JSON object");
  return interpret(*object);
}

bool may_hold_secret(protocol::Method method) {
  if (protocol::info(method).sign_in == protocol::SignInNeed::before) return true;
  switch (method) {
    case protocol::Method::user_set_password:
    case protocol::Method::factor_enrol:
    case protocol::Method::factor_confirm:
    case protocol::Method::factor_remove:
    case protocol::Method::factor_codes:
    case protocol::Method::account_link_code:
    case protocol::Method::account_link:
      return true;
    default:
      return false;
  }
}

constexpr int code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return -32602;
    case ErrorKind::unauthenticated:
      return -32001;
    case ErrorKind::denied:
      return -32003;
    case ErrorKind::not_found:
      return -32004;
    case ErrorKind::conflict:
      return -32009;
    case ErrorKind::limited:
      return -32029;
    case ErrorKind::unavailable:
      return -32050;
    case ErrorKind::internal:
      return -32603;
  }
  return -32603;
}

}  // namespace

std::expected<ParsedRequest, Refusal> parse_request(std::string_view text) {
  // Most requests fit into the buffer: then nothing of the tree is allocated.
  std::array<unsigned char, 8192> buffer;
  std::expected<ParsedRequest, Refusal> out = parse_in(buffer, text);
  // What may have held a password does not stay behind.
  if (!out || may_hold_secret(out->method)) base::wipe(buffer);
  return out;
}

std::string result_frame(std::string_view id, std::string_view result) {
  constexpr std::string_view kHead = R"({"jsonrpc":"2.0","id":)";
  constexpr std::string_view kMiddle = R"(,"result":)";
  std::string out;
  out.reserve(kHead.size() + id.size() + kMiddle.size() + result.size() + 1);
  out.append(kHead).append(id).append(kMiddle).append(result).push_back('}');
  return out;
}

std::string error_frame(std::string_view id, const Error& error, std::string_view path) {
  JsonText json(256);
  json.open().field("jsonrpc", "2.0").field_raw("id", id).open("error");
  json.field("code", error_code(error)).field("message", error.reason()).open("data");
  json.field("reason", error.reason()).field("advice", error.spec().advice);
  if (!error.detail().empty() && error.kind() != ErrorKind::internal) {
    json.field("detail", error.detail());
  }
  if (error.retry_after_ms() > 0) json.field("retry_after_ms", error.retry_after_ms());
  if (!error.members().empty()) json.raw(error.members());
  if (!path.empty()) json.field("path", path);
  json.close().close().close();
  return json.take();
}

std::string event_frame(std::string_view name, std::string_view params) {
  constexpr std::string_view kHead = R"({"jsonrpc":"2.0","method":")";
  constexpr std::string_view kMiddle = R"(","params":)";
  std::string out;
  out.reserve(kHead.size() + name.size() + kMiddle.size() + params.size() + 1);
  out.append(kHead).append(name).append(kMiddle).append(params).push_back('}');
  return out;
}

int error_code(const Error& error) {
  if (error.is(kParse)) return -32700;
  if (error.is(kRequestInvalid)) return -32600;
  if (error.is(kMethodUnknown)) return -32601;
  return code_of(error.kind());
}

}  // namespace conclave::doors::native
