#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace conclave::wire {

// Sec-WebSocket-Accept (RFC 6455 section 4.2.2); none when the key is not 16 bytes in base64.
[[nodiscard]] std::optional<std::string> websocket_accept(std::string_view key);

// The answer 101 with its end.
[[nodiscard]] std::string upgrade_answer(std::string_view accept, std::string_view subprotocol);

}  // namespace conclave::wire
