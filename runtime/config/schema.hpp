#pragma once

#include <span>
#include <string_view>

#include "runtime/config/config.hpp"
#include "runtime/schema/keys.hpp"

// The single source of what may stand in the file; private to this folder and its tests.
namespace conclave::config {

using schema::allowed_text;
using schema::BooleanRule;
using schema::IntegerRule;
using schema::Key;
using schema::PathRule;
using schema::plain;
using schema::TextListRule;
using schema::TextRule;
using schema::Value;

struct Section {
  std::string_view name;
  std::string_view description;
};

[[nodiscard]] std::span<const Section> sections();
[[nodiscard]] std::span<const Key<Config>> keys();
[[nodiscard]] std::span<const Key<Listen>> listen_keys();  // of each [[listen]]

}  // namespace conclave::config
