#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sdk/client/client.hpp"

namespace conclave::client {

// Knows, for each room, the newest entry that the program has, and so turns what the server sends
// (events, catch-up pages, history; overlapping and in any order of rooms) into each entry exactly
// once. No thread of its own.
class Feed {
 public:
  Feed() = default;
  explicit Feed(const json::object& heads);

  // Entries above the head, and the gap in front of them; moves the head. A room that was not known
  // starts without a gap: what lies before is history to page through.
  // `first_seq` (0: as the first entry says): the entries cover the log from there.
  [[nodiscard]] RoomNews take(std::string_view room, json::array entries, std::int64_t first_seq);
  // Everything up to `seq` is there, although no entry of it may have been worth a line.
  void reached(std::string_view room, std::int64_t seq);
  void forget(std::string_view room);
  void reset() { heads_.clear(); }

  [[nodiscard]] std::int64_t head(std::string_view room) const;
  [[nodiscard]] json::object heads() const;

 private:
  std::map<std::string, std::int64_t, std::less<>> heads_;
};

}  // namespace conclave::client
