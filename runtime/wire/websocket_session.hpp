#pragma once

#include <string>

#include "runtime/wire/link.hpp"

namespace conclave::wire {

// Sends the answer of the upgrade and speaks RFC 6455 from then on. Bytes that came after the
// request have been given back to the transport. On the loop's thread.
void start_websocket(Link link, std::string answer, std::unique_ptr<WebSocketHandler> handler);

}  // namespace conclave::wire
