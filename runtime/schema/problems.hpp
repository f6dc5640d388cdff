#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace conclave::schema {

// One mistake in a document. `line` is 0 when the mistake is what is missing.
struct Problem {
  std::uint32_t line = 0;
  std::string key;  // dotted; empty for the document as a whole
  std::string text;
};
using Problems = std::vector<Problem>;

// Lines of the keys that stand in the document, by dotted name; "listen[0].tls" in lists of tables.
using Lines = std::map<std::string, std::uint32_t, std::less<>>;

// By line, then by key.
void sort(Problems& problems);
// "FILE:LINE: key: text", one a line.
[[nodiscard]] std::string to_text(const Problems& problems, const std::filesystem::path& file);

}  // namespace conclave::schema
