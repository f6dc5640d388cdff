#include "tests/unit/protocol/schema_files.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace conclave::tests {
namespace {

namespace json = boost::json;

json::object read(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::stringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).as_object();
}

}  // namespace

Schema::Schema() {
  const std::filesystem::path folder =
      std::filesystem::path(CONCLAVE_SOURCE_DIR) / "sdk/protocol/schema";
  types_ = read(folder / "types.json").at("$defs").as_object();
  const json::object errors = read(folder / "errors.json");
  errors_ = errors.at("errors").as_object();
  management_errors_ = errors.at("management").as_object();
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const json::object noun = read(file.path());
    if (const json::value* events = noun.if_contains("events")) {
      for (const auto& [name, definition] : events->as_object()) events_[name] = definition;
    }
    const json::value* methods = noun.if_contains("methods");
    if (methods == nullptr) continue;
    for (const auto& [name, definition] : methods->as_object()) {
      methods_.push_back({std::string(name.data(), name.size()), definition.as_object()});
    }
  }
  std::ranges::sort(methods_, {}, &SchemaMethod::name);
}

const json::object& Schema::method(const std::string& name) const {
  const auto found = std::ranges::find(methods_, name, &SchemaMethod::name);
  if (found == methods_.end()) throw std::out_of_range("no method " + name);
  return found->definition;
}

const json::object& Schema::event(const std::string& name) const {
  return events_.at(name).as_object();
}

const json::object& Schema::resolve(const json::value& schema) const {
  const json::object& object = schema.as_object();
  const json::value* reference = object.if_contains("$ref");
  if (reference == nullptr) return object;
  const std::string_view target(reference->as_string().data(), reference->as_string().size());
  const std::string_view name = target.substr(target.rfind('/') + 1);
  return resolve(types_.at(json::string_view(name.data(), name.size())));
}

const Schema& schema() {
  static const Schema loaded;
  return loaded;
}

}  // namespace conclave::tests
