#include "runtime/config/config.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "runtime/config/checks.hpp"
#include "runtime/config/schema.hpp"
#include "runtime/schema/tree.hpp"

namespace conclave::config {
namespace {

namespace fs = std::filesystem;

bool is_section(std::string_view name) {
  return !name.empty() && std::ranges::find(sections(), name, &Section::name) != sections().end();
}

// Walks the parsed file along the schema and collects what is wrong.
class Reader {
 public:
  explicit Reader(fs::path folder) : folder_(std::move(folder)) {}

  void read(const schema::Node& root) {
    for (const auto& [name, node] : *root.as_table()) {
      if (name == "listen")
        read_listen(node);
      else if (const auto* section = node.as_table(); section != nullptr && is_section(name))
        for (const auto& [inner, value] : *section) read_key(name + "." + inner, value);
      else
        read_key(name, node);
    }
  }

  Config config;
  Lines lines;
  Problems problems;

 private:
  void read_key(const std::string& name, const schema::Node& node) {
    const auto* key = schema::find_key(keys(), name);
    if (key == nullptr) return refuse_unknown(name, node);
    assign(*key, config, name, node);
  }

  void read_listen(const schema::Node& node) {
    if (!node.is_list_of_tables()) {
      problems.push_back(
          {node.line, "listen", "is written as a [[listen]] table for each address"});
      return;
    }
    config.listen.clear();
    lines.emplace("listen", node.line);
    for (const auto& item : *node.as_list()) {
      const auto prefix = "listen[" + std::to_string(config.listen.size()) + "].";
      Listen entry;
      for (const auto& [name, value] : *item.as_table()) {
        if (const auto* key = schema::find_key(listen_keys(), name))
          assign(*key, entry, prefix + name, value);
        else
          refuse_unknown(prefix + name, value);
      }
      config.listen.push_back(std::move(entry));
    }
  }

  template <class Struct>
  void assign(const Key<Struct>& key, Struct& target, const std::string& name,
              const schema::Node& node) {
    auto value = schema::take(node, key.rule, key.unit, name, lines, problems);
    if (!value) return;
    if (std::holds_alternative<PathRule>(key.rule))
      *value = absolute(std::get<std::string>(*value));
    key.set(target, *value);
  }

  std::string absolute(const std::string& path) const {
    return path.empty() ? path : (folder_ / path).lexically_normal().string();
  }

  void refuse_unknown(const std::string& name, const schema::Node& node) {
    std::vector<std::string_view> known;
    const bool in_listen = name.starts_with("listen[");
    const auto name_in_table = in_listen ? name.substr(name.find('.') + 1) : name;
    if (in_listen)
      for (const auto& key : listen_keys()) known.push_back(key.name);
    else {
      for (const auto& key : keys()) known.push_back(key.name);
      for (const auto& section : sections()) known.push_back(section.name);
    }
    schema::refuse_unknown(node, name, name_in_table, known, "the example configuration lists all",
                           problems);
  }

  fs::path folder_;
};

}  // namespace

std::expected<Config, Problems> parse(std::string_view text, const fs::path& file) {
  const auto absolute_file = fs::absolute(file).lexically_normal();
  Reader reader(absolute_file.parent_path());
  const auto root = schema::parse_toml(text);
  if (!root) return std::unexpected(Problems{root.error()});
  reader.read(*root);
  auto& config = reader.config;
  config.file = absolute_file;
  if (config.state.empty()) config.state = absolute_file.parent_path();
  check_together(config, reader.lines, reader.problems);
  schema::sort(reader.problems);
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

}  // namespace conclave::config
