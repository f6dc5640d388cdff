#pragma once

#include "runtime/wire/http_reader.hpp"
#include "runtime/wire/link.hpp"

namespace conclave::wire {

// Answers the upgrade request and speaks RFC 6455 from then on. Bytes that came after the request
// have been given back to the transport. A request that is no proper upgrade is answered by the
// session itself, without on_open(). On the loop's thread.
void start_websocket(Link link, const HttpReader::Message& request, std::string_view subprotocol,
                     std::unique_ptr<WebSocketHandler> handler);

}  // namespace conclave::wire
