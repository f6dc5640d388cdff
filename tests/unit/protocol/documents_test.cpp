#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/unit/protocol/schema_files.hpp"

namespace conclave::tests {
namespace {

const std::filesystem::path kRoot = CONCLAVE_SOURCE_DIR;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

TEST(Documents, AreWhatTheSchemaSays) {
  const std::string command = std::string(CONCLAVE_PYTHON) + " -B '" +
                              (kRoot / "sdk/protocol/generate.py").string() + "' --check '" +
                              kRoot.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << "run sdk/protocol/generate.py --docs .";
}

// What clients may be told by the folders below the door has a line in errors.json, of the same
// kind.
TEST(Errors, OfTheDomainAreInTheSchemaWithTheirKind) {
  const std::regex spec(R"re(ErrorSpec\s+k\w+\{\s*"([a-z_.]+)",\s*ErrorKind::(\w+))re");
  std::size_t found = 0;
  for (const char* folder :
       {"runtime/chat", "runtime/sync", "runtime/presence", "runtime/doors/native"}) {
    const std::string text = text_of(kRoot / folder / "errors.hpp");
    for (std::sregex_iterator at(text.begin(), text.end(), spec), end; at != end; ++at) {
      const auto* known = schema().errors().if_contains((*at)[1].str());
      ASSERT_NE(known, nullptr) << folder << " tells " << (*at)[1];
      EXPECT_EQ(known->at("kind").as_string(), (*at)[2].str()) << (*at)[1];
      ++found;
    }
  }
  EXPECT_GT(found, 20U);
}

}  // namespace
}  // namespace conclave::tests
