#include "tests/unit/store/conformance.hpp"
#include "tests/unit/store/sqlite_backend.hpp"

namespace conclave::store::testing {

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreConformance, SqliteBackend);

}  // namespace conclave::store::testing
