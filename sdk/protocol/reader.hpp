#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <expected>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/secret.hpp"

// What the generated parsers stand on: strict reading of JSON values against the rules of the
// schema.
namespace conclave::sdk::protocol {

inline constexpr ErrorSpec kParamsInvalid{
    "params.invalid", ErrorKind::invalid,
    "Correct the parameter that `path` names, as `detail` says."};
inline constexpr ErrorSpec kBodyTooLarge{"body.too_large", ErrorKind::invalid,
                                         "Shorten the text; the limit is in session.hello."};

// What is wrong with parameters: where (JSON pointer, RFC 6901) and what belongs there. Never holds
// the value that was sent.
struct Fault {
  const ErrorSpec* spec = &kParamsInvalid;
  std::string path;
  std::string expected;
};
template <class T>
using Parsed = std::expected<T, Fault>;

// The schema's `pattern`s by their x-check name; length and bytes are checked apart.
enum class Check : std::uint8_t { none, line, text, token, account, platform, state_key };
[[nodiscard]] bool passes(Check check, std::string_view text);

struct StringRule {
  std::uint32_t min_length = 0;  // code points
  std::uint32_t max_length = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t max_bytes = std::numeric_limits<std::uint32_t>::max();
  Check check = Check::none;
  std::string_view expected;
};

// Reads values into members of parameter structs. Each call returns false at the first fault, which
// take() then hands out; the callers add the path on their way back.
class Reader {
 public:
  bool string(const boost::json::value& in, const StringRule& rule, std::string& out);
  bool secret(const boost::json::value& in, const StringRule& rule, base::Secret& out);
  // base64url without padding; the bounds are of the decoded bytes.
  bool bytes(const boost::json::value& in, std::size_t least, std::size_t most, Bytes& out);
  // A JSON number without fraction and exponent.
  bool integer(const boost::json::value& in, std::uint64_t least, std::uint64_t most,
               std::uint64_t& out);
  bool boolean(const boost::json::value& in, bool& out);
  // Any value, kept as compact JSON text.
  bool any(const boost::json::value& in, std::size_t max_bytes, std::string& out);
  bool constant(const boost::json::value& in, std::string_view only);

  template <class AnyId>
  bool id(const boost::json::value& in, AnyId& out) {
    return id_value(in, base::IdTag<AnyId>::type::kPrefix, out.value);
  }
  template <class Enum>
  bool choice(const boost::json::value& in, std::span<const std::string_view> names, Enum& out) {
    std::size_t index = 0;
    if (!index_of(in, names, index)) return false;
    out = static_cast<Enum>(index);
    return true;
  }
  template <class T, class ReadItem>
  bool array(const boost::json::value& in, std::size_t least, std::size_t most, std::vector<T>& out,
             ReadItem read_item) {
    const boost::json::array* items = sized_array(in, least, most);
    if (items == nullptr) return false;
    out.resize(items->size());
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (!read_item((*items)[i], out[i])) return at(std::to_string(i));
    }
    return true;
  }
  // Null, with the fault set, when `in` is no object.
  const boost::json::object* object(const boost::json::value& in);

  // Each returns false, so that a parser may `return reader.at("name")`.
  bool at(std::string_view name);  // the fault lies below this member
  bool unknown(std::string_view name);
  bool missing(std::string_view name);
  bool fault(std::string expected, const ErrorSpec& spec = kParamsInvalid);

  [[nodiscard]] Fault take() { return std::move(fault_); }

 private:
  bool id_value(const boost::json::value& in, char prefix, std::uint64_t& out);
  bool index_of(const boost::json::value& in, std::span<const std::string_view> names,
                std::size_t& out);
  const boost::json::array* sized_array(const boost::json::value& in, std::size_t least,
                                        std::size_t most);
  bool text(const boost::json::value& in, const StringRule& rule, std::string_view& out);

  Fault fault_;
};

// The name of `names` that is nearest to `wanted`, or empty when none is near: for advice only.
[[nodiscard]] std::string_view nearest(std::string_view wanted,
                                       std::span<const std::string_view> names);

}  // namespace conclave::sdk::protocol
