#pragma once

#include <string>
#include <vector>

#include "policies/cases/table.hpp"

namespace conclave::policy {

// A case of tests/unit/policies/tables with the policy that it was laid over.
struct Row {
  std::string file;
  Case rule;
};

// All of them; a file that cannot be read is a failure of the test.
[[nodiscard]] const std::vector<Row>& all_rows();

}  // namespace conclave::policy
