#pragma once

#include <string>
#include <unordered_map>

#include "runtime/doors/http/http_door.hpp"

namespace conclave::doors::http {

// Who calls, proven: access token, signature of this very request by the session's device key, a
// time within the window, a nonce that was not used before (requirement T-02). And how often. On
// the shard's thread.
class HttpDoor::Guard {
 public:
  Guard(Services services, Limits limits) : services_(services), limits_(limits) {}

  [[nodiscard]] Result<identity::Actor> authenticate(const wire::HttpRequest& request);
  [[nodiscard]] Result<void> admit_address(const std::string& address);

 private:
  struct Bucket {
    double tokens = 0;
    std::int64_t updated_ms = 0;
  };
  [[nodiscard]] Result<void> spend(const std::string& key, double per_s, double burst);
  [[nodiscard]] Result<void> use_nonce(SessionId session, ByteView nonce);

  Services services_;
  Limits limits_;
  std::unordered_map<std::string, Bucket> buckets_;
  std::unordered_map<std::string, std::int64_t> nonces_;  // session and nonce, monotonic expiry
  std::int64_t swept_ms_ = 0;
};

}  // namespace conclave::doors::http
