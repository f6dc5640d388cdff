#include "runtime/config/config.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "runtime/config/checks.hpp"
#include "runtime/config/nearest.hpp"
#include "runtime/config/schema.hpp"

namespace conclave::config {
namespace {

namespace fs = std::filesystem;

std::uint32_t line_of(const toml::node& node) {
  return node.source().begin.line;
}

std::string_view type_text(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a point";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

// The value when the node obeys the rule.
std::optional<Value> obey(const toml::node& node, const IntegerRule& rule) {
  const auto* number = node.as_integer();
  if (number == nullptr || number->get() < rule.least || number->get() > rule.most) return {};
  return number->get();
}
std::optional<Value> obey(const toml::node& node, const TextRule& rule) {
  const auto* text = node.as_string();
  if (text == nullptr) return {};
  const auto& value = text->get();
  if (!rule.allowed.empty() && std::ranges::find(rule.allowed, value) == rule.allowed.end())
    return {};
  if (value.size() < rule.least_length || value.size() > rule.most_length) return {};
  return value;
}
std::optional<Value> obey(const toml::node& node, const BooleanRule&) {
  const auto* flag = node.as_boolean();
  if (flag == nullptr) return {};
  return flag->get();
}
std::optional<Value> obey(const toml::node& node, const PathRule&) {
  const auto* text = node.as_string();
  if (text == nullptr || text->get().find('\0') != std::string::npos) return {};
  return text->get();
}
std::optional<Value> obey(const toml::node& node, const TextListRule& rule) {
  const auto* array = node.as_array();
  if (array == nullptr || array->empty() || array->size() > rule.most) return {};
  std::vector<std::string> list;
  for (const auto& item : *array) {
    const auto* text = item.as_string();
    if (text == nullptr || text->get().empty()) return {};
    list.push_back(text->get());
  }
  return list;
}

std::string shown(const toml::node& node) {
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* text = node.as_string(); text != nullptr && text->get().size() <= 64)
    return "\"" + text->get() + "\"";
  return std::string(type_text(node));
}

template <class Struct>
const Key<Struct>* find_key(std::span<const Key<Struct>> known, std::string_view name) {
  const auto found = std::ranges::find(known, name, &Key<Struct>::name);
  return found == known.end() ? nullptr : &*found;
}

bool is_section(std::string_view name) {
  return !name.empty() && std::ranges::find(sections(), name, &Section::name) != sections().end();
}

// Walks the parsed file along the schema and collects what is wrong.
class Reader {
 public:
  explicit Reader(fs::path folder) : folder_(std::move(folder)) {}

  void read(const toml::table& table) {
    for (const auto& [name, node] : table) {
      if (name.str() == "listen")
        read_listen(node);
      else if (const auto* section = node.as_table(); section != nullptr && is_section(name.str()))
        for (const auto& [inner, value] : *section)
          read_key(std::string(name.str()) + "." + std::string(inner.str()), value);
      else
        read_key(std::string(name.str()), node);
    }
  }

  Config config;
  Lines lines;
  Problems problems;

 private:
  void read_key(const std::string& name, const toml::node& node) {
    const auto* key = find_key(keys(), name);
    if (key == nullptr) return refuse_unknown(name, node);
    assign(*key, config, name, node);
  }

  void read_listen(const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      problems.push_back(
          {line_of(node), "listen", "is written as a [[listen]] table for each address"});
      return;
    }
    config.listen.clear();
    lines.emplace("listen", line_of(node));
    for (const auto& item : *array) {
      const auto prefix = "listen[" + std::to_string(config.listen.size()) + "].";
      Listen entry;
      for (const auto& [name, value] : *item.as_table()) {
        const auto full = prefix + std::string(name.str());
        if (const auto* key = find_key(listen_keys(), name.str()))
          assign(*key, entry, full, value);
        else
          refuse_unknown(full, value);
      }
      config.listen.push_back(std::move(entry));
    }
  }

  template <class Struct>
  void assign(const Key<Struct>& key, Struct& target, const std::string& name,
              const toml::node& node) {
    lines.emplace(name, line_of(node));
    auto value = std::visit([&](const auto& rule) { return obey(node, rule); }, key.rule);
    if (!value) {
      problems.push_back({line_of(node), name,
                          shown(node) + " is not allowed; " + allowed_text(key.rule) + " is" +
                              unit_text(key.unit)});
      return;
    }
    if (std::holds_alternative<PathRule>(key.rule))
      *value = absolute(std::get<std::string>(*value));
    key.set(target, *value);
  }

  static std::string unit_text(std::string_view unit) {
    return unit.empty() ? "" : " (" + std::string(unit) + ")";
  }

  std::string absolute(const std::string& path) const {
    return path.empty() ? path : (folder_ / path).lexically_normal().string();
  }

  void refuse_unknown(const std::string& name, const toml::node& node) {
    std::vector<std::string_view> known;
    const bool in_listen = name.starts_with("listen[");
    const auto name_in_table = in_listen ? name.substr(name.find('.') + 1) : name;
    if (in_listen)
      for (const auto& key : listen_keys()) known.push_back(key.name);
    else {
      for (const auto& key : keys()) known.push_back(key.name);
      for (const auto& section : sections()) known.push_back(section.name);
    }
    const auto meant = nearest(name_in_table, known);
    problems.push_back({line_of(node), name,
                        meant.empty() ? "unknown key; the example configuration lists all"
                                      : "unknown key; did you mean " + std::string(meant) + "?"});
  }

  fs::path folder_;
};

}  // namespace

std::expected<Config, Problems> parse(std::string_view text, const fs::path& file) {
  const auto absolute_file = fs::absolute(file).lexically_normal();
  Reader reader(absolute_file.parent_path());
  try {
    reader.read(toml::parse(text, std::string_view(file.native())));
  } catch (const toml::parse_error& error) {
    return std::unexpected(
        Problems{{error.source().begin.line, "", std::string(error.description())}});
  }
  auto& config = reader.config;
  config.file = absolute_file;
  if (config.state.empty()) config.state = absolute_file.parent_path();
  check_together(config, reader.lines, reader.problems);
  std::ranges::sort(reader.problems, {}, [](const Problem& problem) {
    return std::pair(problem.line, std::string_view(problem.key));
  });
  if (!reader.problems.empty()) return std::unexpected(std::move(reader.problems));
  return std::move(config);
}

std::expected<Config, Problems> load(const fs::path& file) {
  constexpr std::uintmax_t kMostBytes = 1024 * 1024;
  std::error_code failed;
  const auto size = fs::file_size(file, failed);
  if (failed) return std::unexpected(Problems{{0, "", "cannot be read: " + failed.message()}});
  if (size > kMostBytes) return std::unexpected(Problems{{0, "", "is larger than 1 MiB"}});
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf()))
    return std::unexpected(Problems{{0, "", "cannot be read (permission, or an empty file)"}});
  return parse(text.str(), file);
}

std::string to_text(const Problems& problems, const fs::path& file) {
  std::string out;
  for (const auto& problem : problems) {
    out += file.string();
    if (problem.line != 0) out += ":" + std::to_string(problem.line);
    out += ": ";
    if (!problem.key.empty()) out += problem.key + ": ";
    out += problem.text + "\n";
  }
  return out;
}

}  // namespace conclave::config
