#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

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

// Start, offline commands and the ceremony channel give these; no client ever sees them.
const std::set<std::string> kNeverSent{
    "anchor.behind",           "backup.invalid", "ceremony.approval_invalid",
    "location.kept_malformed", "store.in_use",   "store.too_new"};

struct Declared {
  std::string file;
  std::string kind;
};

// Every ErrorSpec of the modules whose errors pass a door, by reason.
std::multimap<std::string, Declared> declared_errors() {
  const std::regex spec(R"re(ErrorSpec\s+k\w+\{\s*"([a-z_.]+)",\s*ErrorKind::(\w+))re");
  std::multimap<std::string, Declared> out;
  for (const char* file :
       {"hsm/api/errors.hpp", "runtime/admission/errors.hpp", "runtime/audit/anchor.hpp",
        "runtime/authorities/errors.hpp", "runtime/base/error.hpp", "runtime/changes/errors.hpp",
        "runtime/chat/errors.hpp", "runtime/doors/http/errors.hpp",
        "runtime/doors/native/errors.hpp", "runtime/factors/errors.hpp",
        "runtime/identity/errors.hpp", "runtime/observe/log_file.hpp", "runtime/orders/errors.hpp",
        "runtime/presence/errors.hpp", "runtime/rules/errors.hpp", "runtime/store/errors.hpp",
        "runtime/sync/errors.hpp", "runtime/whereabouts/errors.hpp", "sdk/protocol/reader.hpp"}) {
    const std::string text = text_of(kRoot / file);
    for (std::sregex_iterator at(text.begin(), text.end(), spec), end; at != end; ++at) {
      out.emplace((*at)[1].str(), Declared{file, (*at)[2].str()});
    }
  }
  return out;
}

TEST(Errors, OfEveryModuleBehindADoorAreInTheSchemaWithTheirKind) {
  const auto declared = declared_errors();
  EXPECT_GT(declared.size(), 80U);
  for (const auto& [reason, spec] : declared) {
    const auto* known = schema().errors().if_contains(reason);
    if (known == nullptr) known = schema().management_errors().if_contains(reason);
    ASSERT_EQ(known == nullptr, kNeverSent.contains(reason)) << spec.file << " tells " << reason;
    if (known != nullptr) EXPECT_EQ(known->at("kind").as_string(), spec.kind) << reason;
  }
}

TEST(Errors, OfTheSchemaAreDeclaredByAModule) {
  const auto declared = declared_errors();
  for (const auto* listed : {&schema().errors(), &schema().management_errors()}) {
    for (const auto& each : *listed) {
      EXPECT_TRUE(declared.contains(std::string(each.key()))) << each.key();
    }
  }
}

// The management API's own reasons are none of conclave.v1, whose clients know `errors` only.
TEST(Errors, OfModulesBehindTheNativeDoorAreNotLeftToTheManagementApi) {
  for (const auto& [reason, spec] : declared_errors()) {
    if (spec.file.starts_with("runtime/doors/http") || spec.file.starts_with("runtime/identity") ||
        spec.file.starts_with("runtime/observe") || spec.file.starts_with("runtime/rules") ||
        spec.file.starts_with("runtime/changes") || spec.file.starts_with("runtime/orders") ||
        spec.file.starts_with("runtime/authorities") || reason.starts_with("backup.")) {
      continue;
    }
    EXPECT_FALSE(schema().management_errors().contains(reason)) << spec.file << " " << reason;
  }
}

}  // namespace
}  // namespace conclave::tests
