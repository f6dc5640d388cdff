#include <algorithm>

#include "runtime/config/schema.hpp"

namespace conclave::config {
namespace {

// An optional path has no default to show; its line is commented out.
template <class Struct>
void write_key(std::string& out, const Key<Struct>& key, const Struct& defaults) {
  const auto value = key.get(defaults);
  const auto* text = std::get_if<std::string>(&value);
  const bool unset = text != nullptr && text->empty();
  out += "# " + std::string(key.description) + "\n# " + allowed_text(key.rule);
  if (!key.unit.empty()) out += "; unit: " + std::string(key.unit);
  out += "\n";
  const auto dot = key.name.find('.');
  out += unset ? "#" : "";
  out += std::string(key.name.substr(dot == std::string_view::npos ? 0 : dot + 1)) + " = " +
         schema::toml_text(value) + "\n\n";
}

std::string_view section_of(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

}  // namespace

std::string example_text() {
  const Config defaults;
  std::string out =
      "# Configuration of a Conclave server: every key with its default.\n"
      "# Unknown keys are errors. Secrets never stand here, only the files that hold them.\n\n";
  for (const auto& section : sections()) {
    out += "# --- " + std::string(section.description) + "\n";
    if (section.name == "listen") {
      out += "[[listen]]\n";
      for (const auto& key : listen_keys()) write_key(out, key, defaults.listen.front());
      continue;
    }
    if (!section.name.empty()) out += "[" + std::string(section.name) + "]\n";
    for (const auto& key : keys())
      if (section_of(key.name) == section.name) write_key(out, key, defaults);
  }
  out.pop_back();
  return out;
}

}  // namespace conclave::config
