#pragma once

#include "runtime/store/sqlite_content_store.hpp"
#include "tests/unit/store/store_access.hpp"

namespace conclave::store::testing {

// The embedded store in a folder of its own, as the conformance suite wants it.
class SqliteBackend {
 public:
  Result<std::unique_ptr<ContentStore>> open() { return open_sqlite_store(options()); }
  Result<std::unique_ptr<ContentStore>> open_draining() {
    auto eager = options();
    eager.soft_entries = 1;
    return open_sqlite_store(eager);
  }

  [[nodiscard]] SqliteStoreOptions options() const {
    SqliteStoreOptions result;
    result.folder = folder_.path() / "content";
    return result;
  }
  [[nodiscard]] std::filesystem::path file() const { return options().folder / "content.db"; }

 private:
  TempFolder folder_;
};

}  // namespace conclave::store::testing
