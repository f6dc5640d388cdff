#include "tests/support/memory_store.hpp"
#include "tests/unit/store/conformance.hpp"

namespace conclave::store::testing {
namespace {

// The store that tests of the domain use must not allow what the store on disk refuses.
class MemoryBackend {
 public:
  Result<std::unique_ptr<ContentStore>> open() {
    return std::make_unique<conclave::testing::MemoryStore>(tables_);
  }

 private:
  std::shared_ptr<conclave::testing::MemoryTables> tables_ =
      std::make_shared<conclave::testing::MemoryTables>();
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreConformance, MemoryBackend);

}  // namespace conclave::store::testing
