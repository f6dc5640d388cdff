#include "runtime/ctl/table.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <ctime>

namespace conclave::ctl {

namespace json = boost::json;

namespace {

// Columns on the terminal, near enough: code points, without control characters.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

// Names come from other people; nothing of them may steer the terminal.
std::string tame(std::string text) {
  std::ranges::replace_if(
      text,
      [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
      },
      '?');
  return text;
}

std::string joined(const json::array& items) {
  std::string out;
  for (const json::value& item : items) {
    if (!out.empty()) out += ", ";
    out += item.is_string() ? std::string(item.as_string()) : json::serialize(item);
  }
  return out;
}

}  // namespace

std::string utc_text(std::int64_t ms) {
  if (ms <= 0) return "-";
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {text.data(), size};
}

std::string cell(const json::object& row, const std::string& field) {
  if (const std::size_t dot = field.find('.'); dot != std::string::npos) {
    const json::value* inner = row.if_contains(field.substr(0, dot));
    if (inner == nullptr || !inner->is_object()) return "-";
    return cell(inner->as_object(), field.substr(dot + 1));
  }
  const json::value* found = row.if_contains(field);
  std::string out;
  if (found == nullptr || found->is_null()) {
    out = "-";
  } else if (field.ends_with("_ms") && found->is_int64()) {
    out = utc_text(found->as_int64());
  } else if (found->is_string()) {
    out = tame(std::string(found->as_string()));
  } else if (found->is_bool()) {
    out = found->as_bool() ? "yes" : "no";
  } else if (found->is_array()) {
    out = tame(joined(found->as_array()));
  } else {
    out = json::serialize(*found);
  }
  return out.empty() ? "-" : out;
}

void print_table(std::ostream& out, const json::array& rows, const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> lines;
  std::vector<std::string> titles;
  for (const Column& column : columns) titles.push_back(column.title);
  lines.push_back(std::move(titles));
  for (const json::value& row : rows) {
    std::vector<std::string> line;
    for (const Column& column : columns) line.push_back(cell(row.as_object(), column.field));
    lines.push_back(std::move(line));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  }
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text += std::string(widths[i] - width(line[i]) + 2, ' ');
    }
    out << text << '\n';
  }
  if (rows.empty()) out << "(none)\n";
}

void print_fields(std::ostream& out, const json::object& object,
                  const std::vector<Column>& fields) {
  std::size_t widest = 0;
  for (const Column& field : fields) widest = std::max(widest, width(field.title));
  for (const Column& field : fields) {
    out << field.title << std::string(widest - width(field.title) + 2, ' ')
        << cell(object, field.field) << '\n';
  }
}

}  // namespace conclave::ctl
