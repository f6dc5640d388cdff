#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/ids.hpp"

namespace conclave::sync {

// Kinds of entries of a room's log. Numbers are stored and never reused.
enum class EntryKind : std::uint8_t {
  message = 1,
  edit = 2,        // target: the message; body: new text
  redaction = 3,   // target: the message, whose body is erased in the same transaction
  reaction = 4,    // target: the message; body: {"emoji":…}
  unreaction = 5,  // target: the message; body: {"emoji":…}
  pin = 6,
  unpin = 7,
  membership = 8,  // body: {"user":…,"state":…,"role":…}
  profile = 9,     // body: {"name":…,"topic":…}
  thread = 10,     // annotation only: a message with thread root `target`
};

// One entry of a room's log, opened.
struct LogEntry {
  std::uint64_t seq = 0;
  std::uint64_t n = 0;
  std::int64_t ts_ms = 0;
  EntryKind kind{};
  UserId author;
  std::uint64_t target = 0;
  std::string body;  // a JSON object in canonical form, made by chat; empty when redacted
};

}  // namespace conclave::sync
