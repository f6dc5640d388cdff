#include "runtime/ctl/table.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <sstream>

#include "runtime/ctl/shell.hpp"

namespace conclave::ctl {
namespace {

TEST(Tables, AlignColumnsByCharacters) {
  std::ostringstream out;
  const auto rows = boost::json::parse(R"([{"a":"ä","b":1},{"a":"long","b":true}])");
  print_table(out, rows.as_array(), {{"A", "a"}, {"B", "b"}, {"C", "c"}});
  EXPECT_EQ(out.str(), "A     B    C\nä     1    -\nlong  yes  -\n");
}

TEST(Tables, NamesCannotSteerTheTerminal) {
  const auto row = boost::json::parse(R"({"name":"a\u001b[31mb"})");
  EXPECT_EQ(cell(row.as_object(), "name"), "a?[31mb");
}

TEST(Tables, ShowTimesListsAndInnerFields) {
  const auto row = boost::json::parse(
      R"({"at_ms":1700000000000,"roles":["x","y"],"store":{"ok":false},"e":""})");
  EXPECT_EQ(cell(row.as_object(), "at_ms"), "2023-11-14 22:13:20");
  EXPECT_EQ(cell(row.as_object(), "roles"), "x, y");
  EXPECT_EQ(cell(row.as_object(), "store.ok"), "no");
  EXPECT_EQ(cell(row.as_object(), "store.none"), "-");
  EXPECT_EQ(cell(row.as_object(), "e"), "-");
}

TEST(Addresses, AreEncodedBySegment) {
  EXPECT_EQ(encoded("ann@demo.example"), "ann@demo.example");
  EXPECT_EQ(encoded("a/b?c"), "a%2Fb%3Fc");
}

}  // namespace
}  // namespace conclave::ctl
