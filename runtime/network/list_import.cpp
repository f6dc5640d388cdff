#include "runtime/network/list_import.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "runtime/network/errors.hpp"

namespace conclave::network {
namespace {

constexpr std::size_t kMostNamedLines = 5;
constexpr std::size_t kMostShown = 40;  // characters of a wrong line in a message

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::uint32_t> as_number(std::string_view text) {
  if (text.size() > 2 && (text[0] == 'A' || text[0] == 'a') && (text[1] == 'S' || text[1] == 's')) {
    text.remove_prefix(2);
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc{} || end != text.end() || number == 0) return std::nullopt;
  return number;
}

bool names_columns(std::string_view first_field) {
  constexpr std::array<std::string_view, 10> kNames{"ip",       "address", "network",  "cidr",
                                                    "prefix",   "asn",     "start_ip", "ip_from",
                                                    "ip_start", "range"};
  std::string lower(first_field);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::erase(lower, '"');
  return std::ranges::find(kNames, lower) != kNames.end();
}

std::string_view unquoted(std::string_view field) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    return field.substr(1, field.size() - 2);
  }
  return field;
}

// The first two of a range in one family and in order.
std::optional<RangeTable::Range> range_between(std::string_view first, std::string_view last,
                                               std::uint32_t value) {
  const auto from = Address::parse(first);
  const auto to = Address::parse(last);
  if (!from || !to || from->is_v4() != to->is_v4() || *to < *from) return std::nullopt;
  return RangeTable::Range{*from, *to, value};
}

class Importer {
 public:
  explicit Importer(ListForm form) : form_(form) {}

  void line(std::string_view text, std::size_t number) {
    const std::string_view content = trimmed(text.substr(0, comment_at(text)));
    if (content.empty()) return;
    if (number == 1 && names_columns(content.substr(0, content.find_first_of(", \t")))) return;
    const bool taken = form_ == ListForm::plain ? take_plain(content) : take_as_range(content);
    if (!taken) refuse(content, number);
  }

  Result<ImportedList> finish() {
    if (wrong_ > 0) {
      if (wrong_ > kMostNamedLines)
        problems_ += "; and " + std::to_string(wrong_ - kMostNamedLines) + " more";
      return fail(kListRefused, problems_);
    }
    std::ranges::sort(list_.as_numbers);
    const auto rest = std::ranges::unique(list_.as_numbers);
    list_.as_numbers.erase(rest.begin(), rest.end());
    return std::move(list_);
  }

 private:
  // In CSV a name may hold "#"; comments are whole lines there.
  [[nodiscard]] std::size_t comment_at(std::string_view text) const {
    const std::size_t at = text.find_first_of("#;");
    if (form_ == ListForm::plain || at == std::string_view::npos) return at;
    return trimmed(text.substr(0, at)).empty() ? at : std::string_view::npos;
  }

  bool take_plain(std::string_view content) {
    const std::string_view field = unquoted(content.substr(0, content.find_first_of(", \t")));
    if (field.starts_with("AS") || field.starts_with("as")) {
      const auto number = as_number(field);
      if (number) list_.as_numbers.push_back(*number);
      return number.has_value();
    }
    if (const std::size_t dash = field.find('-'); dash != std::string_view::npos) {
      const auto range = range_between(field.substr(0, dash), field.substr(dash + 1), 0);
      if (range) list_.ranges.push_back(*range);
      return range.has_value();
    }
    const auto prefix = Prefix::parse(field);
    if (prefix) list_.ranges.push_back(RangeTable::range_of(*prefix, 0));
    return prefix.has_value();
  }

  bool take_as_range(std::string_view content) {
    std::array<std::string_view, 3> fields;
    std::string_view rest = content;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::size_t comma = rest.find(',');
      fields[i] = unquoted(trimmed(rest.substr(0, comma)));
      const bool last = i + 1 == fields.size();
      if (comma == std::string_view::npos) {
        if (!last) return false;
        rest = {};
      } else {
        rest.remove_prefix(comma + 1);
      }
    }
    const auto number = as_number(fields[2]);
    if (!number) return false;
    const auto range = range_between(fields[0], fields[1], *number);
    if (range) list_.ranges.push_back(*range);
    return range.has_value();
  }

  void refuse(std::string_view content, std::size_t number) {
    if (++wrong_ > kMostNamedLines) return;
    if (wrong_ > 1) problems_ += "; ";
    problems_ += "line " + std::to_string(number) + ": \"";
    for (char c : content.substr(0, kMostShown)) problems_ += c >= ' ' && c <= '~' ? c : '?';
    problems_ += form_ == ListForm::plain
                     ? "\" is no address, network, range or AS number"
                     : "\" is not \"first address,last address,AS number,name\"";
  }

  ListForm form_;
  ImportedList list_;
  std::string problems_;
  std::size_t wrong_ = 0;
};

}  // namespace

Result<ImportedList> import_list(std::string_view text, ListForm form) {
  if (text.size() > kMostListBytes) return fail(kListRefused, "the list is longer than 256 MiB");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Importer importer(form);
  std::size_t number = 0;
  while (!text.empty()) {
    if (++number > kMostListLines) return fail(kListRefused, "more than 5,000,000 lines");
    const std::size_t end = text.find('\n');
    importer.line(text.substr(0, end), number);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return importer.finish();
}

}  // namespace conclave::network
