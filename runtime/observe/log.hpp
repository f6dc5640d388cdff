#pragma once

#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"

// Structured logs: one JSON object a line on standard error, with time, level, source file and
// line, a stable event name ("session.opened") and typed fields. Never a secret, never message
// content: base::Secret has no conversion to a field, and texts that people typed are not to be
// passed.
namespace conclave::observe {

enum class LogLevel { debug, info, warning, error };

class Field {
 public:
  Field(std::string_view name, std::string_view value) : name(name), value(std::string(value)) {}
  Field(std::string_view name, const char* value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, bool value) : name(name), value(value) {}
  template <std::integral Number>
  Field(std::string_view name, Number value)
      : name(name), value(static_cast<std::int64_t>(value)) {}
  Field(std::string_view name, double value) : name(name), value(value) {}
  template <class Tag>
  Field(std::string_view name, base::Id<Tag> id) : name(name), value(base::to_text(id)) {}
  Field(std::string_view name, const Error& error) : name(name), value(error.text()) {}

  std::string_view name;
  std::variant<std::string, bool, std::int64_t, double> value;
};

using Fields = std::initializer_list<Field>;

// Once, at start, before any thread logs. `process` is written into every line.
void start_log(std::string_view process, LogLevel least);

void log(LogLevel level, std::string_view event, Fields fields, const std::source_location& where);

inline void debug(std::string_view event, Fields fields = {},
                  const std::source_location& where = std::source_location::current()) {
  log(LogLevel::debug, event, fields, where);
}
inline void info(std::string_view event, Fields fields = {},
                 const std::source_location& where = std::source_location::current()) {
  log(LogLevel::info, event, fields, where);
}
inline void warn(std::string_view event, Fields fields = {},
                 const std::source_location& where = std::source_location::current()) {
  log(LogLevel::warning, event, fields, where);
}
inline void error(std::string_view event, Fields fields = {},
                  const std::source_location& where = std::source_location::current()) {
  log(LogLevel::error, event, fields, where);
}

}  // namespace conclave::observe
