#include "sdk/protocol/reader.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <numeric>

#include "runtime/base/encoding.hpp"

namespace conclave::sdk::protocol {
namespace {

std::string_view view_of(const boost::json::string& text) {
  return {text.data(), text.size()};
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alnum(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_token(char c) {
  return is_alnum(c) || c == '.' || c == '_' || c == '-';
}

bool is_account(std::string_view text) {
  const std::size_t split = text.find('@');
  if (split == std::string_view::npos) return false;
  const std::string_view local = text.substr(0, split);
  const std::string_view domain = text.substr(split + 1);
  if (local.empty() || local.size() > 64 || domain.empty() || domain.size() > 253) return false;
  if (!is_alnum(local[0]) || !is_alnum(domain[0])) return false;
  return std::ranges::all_of(local, is_token) &&
         std::ranges::all_of(domain, [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
}

bool is_state_key(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot + 1 == text.size()) return false;
  const std::string_view family = text.substr(0, dot);
  if (family != "settings" && family != "draft" && family != "mute") return false;
  return std::ranges::all_of(text.substr(dot + 1), is_token);
}

void append_pointer(std::string& out, std::string_view name) {
  out.push_back('/');
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out.push_back(c);
  }
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t k = 0; k < right.size(); ++k) {
      const std::size_t replaced = diagonal + (left[i] == right[k] ? 0 : 1);
      diagonal = row[k + 1];
      row[k + 1] = std::min({row[k + 1] + 1, row[k] + 1, replaced});
    }
  }
  return row.back();
}

constexpr std::size_t kLongestNameEchoed = 64;  // of an unknown parameter, in `path`

}  // namespace

bool passes(Check check, std::string_view text) {
  switch (check) {
    case Check::none:
      return true;
    case Check::line:
      return std::ranges::none_of(text, is_control);
    case Check::text:
      return std::ranges::none_of(text,
                                  [](char c) { return is_control(c) && c != '\t' && c != '\n'; });
    case Check::token:
      return std::ranges::all_of(text, is_token);
    case Check::account:
      return is_account(text);
    case Check::platform:
      return std::ranges::all_of(
          text, [](char c) { return is_lower(c) || is_digit(c) || c == '.' || c == '-'; });
    case Check::state_key:
      return is_state_key(text);
  }
  return false;
}

bool Reader::fault(std::string expected, const ErrorSpec& spec) {
  fault_.spec = &spec;
  fault_.expected = std::move(expected);
  return false;
}

bool Reader::at(std::string_view name) {
  std::string path;
  append_pointer(path, name);
  fault_.path.insert(0, path);
  return false;
}

bool Reader::unknown(std::string_view name) {
  fault("no parameter of this name");
  return at(name.substr(0, kLongestNameEchoed));
}

bool Reader::missing(std::string_view name) {
  fault("this parameter, which is required");
  return at(name);
}

bool Reader::text(const boost::json::value& in, const StringRule& rule, std::string_view& out) {
  const boost::json::string* held = in.if_string();
  if (held == nullptr) return fault(std::string(rule.expected));
  out = view_of(*held);
  if (out.size() > rule.max_bytes) {
    return fault(std::string(rule.expected),
                 rule.check == Check::text ? kBodyTooLarge : kParamsInvalid);
  }
  // As many bytes as code points at least, so most texts need no counting.
  const bool fits = out.size() <= rule.max_length || code_points(out) <= rule.max_length;
  const bool long_enough =
      rule.min_length <= 1 ? out.size() >= rule.min_length : code_points(out) >= rule.min_length;
  if (!fits || !long_enough || !passes(rule.check, out)) return fault(std::string(rule.expected));
  return true;
}

bool Reader::string(const boost::json::value& in, const StringRule& rule, std::string& out) {
  std::string_view held;
  if (!text(in, rule, held)) return false;
  out.assign(held);
  return true;
}

bool Reader::secret(const boost::json::value& in, const StringRule& rule, base::Secret& out) {
  std::string_view held;
  if (!text(in, rule, held)) return false;
  out = base::Secret(held);
  return true;
}

bool Reader::bytes(const boost::json::value& in, std::size_t least, std::size_t most, Bytes& out) {
  const boost::json::string* held = in.if_string();
  if (held != nullptr && held->size() <= (most * 4 + 2) / 3) {
    auto decoded = base::base64url_decode(view_of(*held));
    if (decoded && decoded->size() >= least && decoded->size() <= most) {
      out = std::move(*decoded);
      return true;
    }
  }
  return fault(least == most ? std::to_string(least) + " bytes in base64url without padding"
                             : std::to_string(least) + " to " + std::to_string(most) +
                                   " bytes in base64url without padding");
}

bool Reader::integer(const boost::json::value& in, std::uint64_t least, std::uint64_t most,
                     std::uint64_t& out) {
  const std::int64_t* held = in.if_int64();
  if (held != nullptr && *held >= 0) {
    out = static_cast<std::uint64_t>(*held);
    if (out >= least && out <= most) return true;
  }
  return fault("an integer from " + std::to_string(least) + " to " + std::to_string(most));
}

bool Reader::boolean(const boost::json::value& in, bool& out) {
  const bool* held = in.if_bool();
  if (held == nullptr) return fault("true or false");
  out = *held;
  return true;
}

bool Reader::any(const boost::json::value& in, std::size_t max_bytes, std::string& out) {
  out = boost::json::serialize(in);
  if (out.size() <= max_bytes) return true;
  return fault("at most " + std::to_string(max_bytes) + " bytes of compact JSON", kBodyTooLarge);
}

bool Reader::constant(const boost::json::value& in, std::string_view only) {
  const boost::json::string* held = in.if_string();
  if (held != nullptr && view_of(*held) == only) return true;
  return fault("\"" + std::string(only) + "\"");
}

bool Reader::id_value(const boost::json::value& in, char prefix, std::uint64_t& out) {
  const boost::json::string* held = in.if_string();
  if (held != nullptr) {
    const auto value = base::id_value(prefix, view_of(*held));
    if (value && *value >> 63 == 0) {
      out = *value;
      return true;
    }
  }
  return fault(std::string("an id: ") + prefix + "_ and thirteen base32 digits");
}

bool Reader::index_of(const boost::json::value& in, std::span<const std::string_view> names,
                      std::size_t& out) {
  if (const boost::json::string* held = in.if_string()) {
    const auto found = std::ranges::find(names, view_of(*held));
    if (found != names.end()) {
      out = static_cast<std::size_t>(found - names.begin());
      return true;
    }
  }
  std::string expected = "one of";
  for (const std::string_view name : names) expected.append(" \"").append(name).append("\"");
  return fault(std::move(expected));
}

const boost::json::array* Reader::sized_array(const boost::json::value& in, std::size_t least,
                                              std::size_t most) {
  const boost::json::array* items = in.if_array();
  if (items != nullptr && items->size() >= least && items->size() <= most) return items;
  fault("an array of " + std::to_string(least) + " to " + std::to_string(most) + " items");
  return nullptr;
}

const boost::json::object* Reader::object(const boost::json::value& in) {
  const boost::json::object* held = in.if_object();
  if (held == nullptr) fault("an object");
  return held;
}

std::string_view nearest(std::string_view wanted, std::span<const std::string_view> names) {
  // A method's name has at most two dozen characters; longer ones are not worth the work.
  if (wanted.size() > 40) return {};
  std::string_view best;
  std::size_t best_distance = 1 + std::max<std::size_t>(2, wanted.size() / 3);
  for (const std::string_view name : names) {
    const std::size_t distance = edit_distance(wanted, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

}  // namespace conclave::sdk::protocol
