#pragma once

#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"

namespace conclave::rules {

// Opens sealed rows, in requests that keyd takes; one answer for each row, in their order. An error
// means that keyd could not be asked.
[[nodiscard]] Task<Result<std::vector<Result<Bytes>>>> open_rows(
    hsm::api::KeyService& keys, std::vector<hsm::api::RowItem> items);

}  // namespace conclave::rules
