#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "policies/document/document.hpp"
#include "policies/document/field.hpp"

namespace conclave::policy {
namespace {

using ::testing::HasSubstr;

TEST(Reference, ThePageInTheTreeIsTheOneOfTheTable) {
  std::ostringstream text;
  text << std::ifstream(std::string(CONCLAVE_SOURCE_DIR) + "/docs/policy.md").rdbuf();
  EXPECT_EQ(text.str(), reference_page())
      << "write it again: conclavectl policy reference > docs/policy.md";
}

TEST(Reference, NamesEveryFieldWithWhatIsAllowed) {
  const auto page = reference_page();
  for (const auto& field : fields()) {
    EXPECT_THAT(page, HasSubstr("| `" + std::string(field.name()) + "` |"));
    EXPECT_FALSE(field.key.description.empty()) << field.name();
    EXPECT_TRUE(field.key.description.ends_with('.') ||
                field.key.description.ends_with("than this."))
        << field.name();
  }
}

}  // namespace
}  // namespace conclave::policy
