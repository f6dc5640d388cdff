#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "runtime/base/error.hpp"

namespace conclave::client {

// Requests with a client_id that the server has not answered yet, in order. The server remembers
// the last 64 client_ids of a device, so whatever was on its way when a connection broke may be
// sent again unchanged; for that at most kInFlight are on their way at once. No thread of its own.
class Outbox {
 public:
  static constexpr std::size_t kInFlight = 16;
  static constexpr std::size_t kMost = 10'000;

  struct Item {
    std::int64_t client_id = 0;
    std::string method;
    boost::json::object params;  // with room and client_id
    bool on_its_way = false;
  };

  Outbox() = default;
  // From what stored() gave and the next free client_id; damaged items are left out.
  Outbox(const boost::json::array& stored, std::int64_t next_client_id);

  // Gives it the next client_id. kOutboxFull.
  [[nodiscard]] Result<std::int64_t> add(std::string method, boost::json::object params);
  // The oldest item that may go now, marked as on its way; null when there is none or too many are.
  [[nodiscard]] const Item* next();
  // The server has answered for good: takes it out and gives back its method.
  std::optional<std::string> settle(std::int64_t client_id);
  // The server asked to come back later: it may go again.
  void give_back(std::int64_t client_id);
  // The connection broke: everything may go again, in the old order.
  void connection_lost();

  [[nodiscard]] boost::json::array stored() const;
  [[nodiscard]] std::int64_t next_client_id() const { return next_client_id_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

 private:
  std::deque<Item> items_;
  std::int64_t next_client_id_ = 1;
  std::size_t on_their_way_ = 0;
};

}  // namespace conclave::client
