#include "runtime/doors/native/strict_json.hpp"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

namespace conclave::doors::native {
namespace {

namespace json = boost::json;
using ErrorCode = json::error_code;

// Builds the value as json::parse does and counts the members it was told of: an object of the
// result that holds fewer has dropped a repeated key.
struct Builder {
  // Bounds that basic_parser enforces; a frame is at most 64 KiB anyway.
  static constexpr std::size_t max_object_size = 1024;
  static constexpr std::size_t max_array_size = 16 * 1024;
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = 1024 * 1024;

  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode&) { return true; }
  bool on_object_end(std::size_t n, ErrorCode&) {
    members += n;
    stack.push_object(n);
    return true;
  }
  bool on_array_begin(ErrorCode&) { return true; }
  bool on_array_end(std::size_t n, ErrorCode&) {
    stack.push_array(n);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, ErrorCode&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, ErrorCode&) {
    stack.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, ErrorCode&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, ErrorCode&) {
    stack.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, ErrorCode&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, ErrorCode&) {
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, ErrorCode&) {
    stack.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view, ErrorCode&) {
    stack.push_double(value);
    return true;
  }
  bool on_bool(bool value, ErrorCode&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(ErrorCode&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, ErrorCode&) { return false; }
  bool on_comment(json::string_view, ErrorCode&) { return false; }

  std::array<unsigned char, 2048> scratch;  // first, the stack points into it
  json::value_stack stack{json::storage_ptr(), scratch.data(), scratch.size()};
  std::size_t members = 0;
};

// Recursion is bounded by the parser's depth.
std::size_t count_members(const json::value& value) {
  std::size_t count = 0;
  if (const json::object* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += count_members(member.value());
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& item : *array) count += count_members(item);
  }
  return count;
}

}  // namespace

std::optional<json::value> parse_strictly(std::string_view text, std::size_t max_depth,
                                          json::storage_ptr storage) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<Builder> parser(options);
  parser.handler().stack.reset(std::move(storage));
  ErrorCode error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size() || !parser.done()) return std::nullopt;
  json::value value = parser.handler().stack.release();
  if (count_members(value) != parser.handler().members) return std::nullopt;
  return value;
}

}  // namespace conclave::doors::native
