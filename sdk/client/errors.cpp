#include "sdk/client/errors.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace conclave::client {
namespace {

struct Interned {
  std::string reason;
  std::string advice;
  ErrorSpec spec;
};

ErrorKind kind_of(int code) {
  switch (code) {
    case -32001:
      return ErrorKind::unauthenticated;
    case -32003:
      return ErrorKind::denied;
    case -32004:
      return ErrorKind::not_found;
    case -32009:
      return ErrorKind::conflict;
    case -32029:
      return ErrorKind::limited;
    case -32050:
      return ErrorKind::unavailable;
    case -32603:
      return ErrorKind::internal;
    default:
      return ErrorKind::invalid;
  }
}

// Error refers to its spec, and specs of the server's errors arrive at run time: they are kept for
// ever, which is why their number is bounded.
const ErrorSpec& intern(int code, std::string_view reason, std::string_view advice) {
  constexpr std::size_t kMost = 512;
  static std::mutex mutex;
  static std::map<std::pair<int, std::string>, std::unique_ptr<Interned>> known;
  const std::lock_guard lock(mutex);
  auto key = std::pair(code, std::string(reason));
  if (const auto found = known.find(key); found != known.end()) return found->second->spec;
  if (known.size() >= kMost) return kRefusedReason;
  auto made = std::make_unique<Interned>(Interned{std::string(reason), std::string(advice), {}});
  made->spec = {made->reason, kind_of(code), made->advice};
  return known.emplace(std::move(key), std::move(made)).first->second->spec;
}

}  // namespace

Error server_error(int code, std::string_view reason, std::string_view advice, std::string detail,
                   std::int64_t retry_after_ms) {
  Error error(intern(code, reason, advice), std::move(detail));
  return std::move(error).retry_after(retry_after_ms);
}

}  // namespace conclave::client
