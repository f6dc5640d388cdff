#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "hsm/api/key_service.hpp"

namespace conclave::hsm::api {

struct KeyClientOptions {
  std::filesystem::path socket_path;  // STATE/run/keyd.sock
  // One ordinary call, queue included. A call that is not answered in time gets kTokenUnavailable;
  // a late answer is dropped.
  std::chrono::milliseconds call_deadline{4'000};
  // turn_epoch and copy_keyring, which keyd does in slices between other work.
  std::chrono::milliseconds long_deadline{600'000};
  // The uid of whoever listens on the socket; none: our own. Another one is not spoken to.
  std::optional<uid_t> expected_uid = std::nullopt;
  // Calls without an answer; one more is refused at once with kTokenBusy.
  std::size_t pending_limit = 8'192;
};

// The KeyService that conclaved uses: requests are pipelined over keyd's Unix socket. It connects
// and reconnects by itself (back-off 50 ms to 1 s); while keyd is away every call is answered at
// once with kTokenUnavailable. Callbacks run on a thread of its own. The destructor answers what is
// pending with kShuttingDown and joins the thread; call it on no callback.
[[nodiscard]] std::unique_ptr<KeyService> connect_key_service(KeyClientOptions options);

}  // namespace conclave::hsm::api
