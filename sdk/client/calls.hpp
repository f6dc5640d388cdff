#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "runtime/base/error.hpp"

namespace conclave::client {

// Requests that wait for their answer (JSON-RPC 2.0). No thread of its own.
class Calls {
 public:
  using Answer = std::move_only_function<void(Result<boost::json::object>)>;

  // The frame to send. `deadline_ms` is monotonic.
  [[nodiscard]] std::string begin(std::string_view method, const boost::json::object& params,
                                  std::int64_t deadline_ms, Answer answer);
  // A frame with an id: gives the answer to who waits for it. One that nobody waits for (too late)
  // is dropped. False: not the form of an answer.
  [[nodiscard]] bool answered(const boost::json::object& frame);
  // Fails what is overdue with kCallTimeout.
  void expire(std::int64_t now_ms);
  // Fails all; answers may begin new calls, which are not touched.
  void fail_all(const Error& error);
  [[nodiscard]] bool idle() const { return waiting_.empty(); }

 private:
  struct Waiting {
    std::int64_t deadline_ms = 0;
    Answer answer;
  };
  std::map<std::int64_t, Waiting> waiting_;
  std::int64_t next_id_ = 1;
};

}  // namespace conclave::client
