#include "runtime/schema/problems.hpp"

#include <algorithm>

namespace conclave::schema {

void sort(Problems& problems) {
  std::ranges::sort(problems, {}, [](const Problem& problem) {
    return std::pair(problem.line, std::string_view(problem.key));
  });
}

std::string to_text(const Problems& problems, const std::filesystem::path& file) {
  std::string out;
  for (const auto& problem : problems) {
    out += file.string();
    if (problem.line != 0) out += ":" + std::to_string(problem.line);
    out += ": ";
    if (!problem.key.empty()) out += problem.key + ": ";
    out += problem.text + "\n";
  }
  return out;
}

}  // namespace conclave::schema
