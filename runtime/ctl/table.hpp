#pragma once

#include <boost/json/array.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace conclave::ctl {

struct Column {
  std::string title;
  std::string field;  // of each row; names that end in _ms are shown as UTC times
};

// Rows of JSON objects as an aligned table, for people. "-" stands for what is absent or empty.
void print_table(std::ostream& out, const boost::json::array& rows,
                 const std::vector<Column>& columns);
// One object, a line each field.
void print_fields(std::ostream& out, const boost::json::object& object,
                  const std::vector<Column>& fields);
// A value of a cell; "a.b" is field b of the object in field a.
[[nodiscard]] std::string cell(const boost::json::object& row, const std::string& field);
// "2026-11-20 14:15:00", "-" for 0.
[[nodiscard]] std::string utc_text(std::int64_t ms);

}  // namespace conclave::ctl
