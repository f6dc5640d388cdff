#pragma once

#include <span>

#include "runtime/chat/log_reader.hpp"

namespace conclave::chat {

// Applies to messages what later entries did to them: the newest edit's body, reactions as `reader`
// sees them, redaction. `entries` are of one room, by seq.
[[nodiscard]] Task<Result<std::vector<FoldedEntry>>> fold(store::ContentStore& store,
                                                          LogReader& log, RoomPtr room,
                                                          UserId reader,
                                                          std::vector<OpenedEntry> entries);

}  // namespace conclave::chat
