#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.hpp"

namespace conclave::client::terminal {

namespace json = boost::json;

std::string string_at(const json::object& object, std::string_view key);
std::int64_t number_at(const json::object& object, std::string_view key);
bool true_at(const json::object& object, std::string_view key);
const json::array& array_at(const json::object& object, std::string_view key);

// Text of other people, safe for a terminal: control characters (escape sequences) become visible.
std::string printable(std::string_view text);
// Local time, "2026-11-20 14:03".
std::string time_text(std::int64_t utc_ms);
// One JSON object on a line of standard output, flushed.
void print_json(const json::object& object);
// Columns as wide as their widest cell; the first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);
// "conclave: <reason>: <detail>" and the advice on standard error, or as JSON when asked for.
void print_error(const Error& error, bool as_json);

}  // namespace conclave::client::terminal
