#include "tests/unit/policies/tables.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "policies/defaults/defaults.hpp"

namespace conclave::policy {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::vector<Row> read_rows() {
  const std::filesystem::path folder =
      std::filesystem::path(CONCLAVE_SOURCE_DIR) / "tests/unit/policies/tables";
  std::vector<Row> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    auto cases = read_table(text_of(entry.path()), shipped_policy);
    if (!cases) {
      ADD_FAILURE() << schema::to_text(cases.error(), entry.path());
      continue;
    }
    for (auto& one : *cases) out.push_back({entry.path().filename().string(), std::move(one)});
  }
  return out;
}

}  // namespace

const std::vector<Row>& all_rows() {
  static const std::vector<Row> rows = read_rows();
  return rows;
}

}  // namespace conclave::policy
