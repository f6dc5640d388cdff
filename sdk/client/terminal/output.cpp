#include "sdk/client/terminal/output.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <ctime>

namespace conclave::client::terminal {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string string_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

bool true_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

const json::array& array_at(const json::object& object, std::string_view key) {
  static const json::array empty;
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->as_array() : empty;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const bool c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F
    if (c1) ++i;
    if (byte == '\n') {
      out += "\n    ";
    } else if (byte == '\t') {
      out += ' ';
    } else if (c1 || byte < 0x20 || byte == 0x7F) {
      out += "\uFFFD";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string time_text(std::int64_t utc_ms) {
  if (utc_ms <= 0) return "-";
  const auto seconds = static_cast<std::time_t>(utc_ms / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32] = {};
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
  return {text, size};
}

void print_json(const json::object& object) {
  std::puts(json::serialize(object).c_str());
  std::fflush(stdout);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    std::puts(line.c_str());
  }
  std::fflush(stdout);
}

void print_error(const Error& error, bool as_json) {
  if (as_json) {
    const json::object out{{"error",
                            {{"reason", error.reason()},
                             {"detail", error.detail()},
                             {"advice", error.spec().advice}}}};
    std::fprintf(stderr, "%s\n", json::serialize(out).c_str());
    return;
  }
  const std::string advice(error.spec().advice);
  std::fprintf(stderr, "conclave: %s\n", printable(error.text()).c_str());
  if (!advice.empty()) std::fprintf(stderr, "  %s\n", printable(advice).c_str());
}

}  // namespace conclave::client::terminal
