#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/wire/types.hpp"

namespace conclave::wire {

struct HttpRequest {
  std::string method;                                        // upper case
  std::string target;                                        // as sent: path and query
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  Peer peer;

  // The first header of that (lower-case) name, or empty.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// Called once; any thread.
using HttpReply = std::move_only_function<void(HttpResponse)>;

// Everything that is not a WebSocket upgrade. Any I/O thread; must not block.
class HttpDoor {
 public:
  virtual ~HttpDoor() = default;
  virtual void handle(HttpRequest request, HttpReply reply) = 0;
};

}  // namespace conclave::wire
