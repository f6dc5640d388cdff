#include "runtime/wire/websocket_handshake.hpp"

#include <openssl/evp.h>

#include <array>

namespace conclave::wire {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 section 1.3
constexpr std::size_t kKeyChars = 24;                                       // 16 bytes in base64

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::optional<std::string> websocket_accept(std::string_view key) {
  std::array<unsigned char, kKeyChars> decoded{};
  const bool form = key.size() == kKeyChars && key.ends_with("==") &&
                    EVP_DecodeBlock(decoded.data(), bytes_of(key), int{kKeyChars}) > 0;
  if (!form) return std::nullopt;
  const std::string input = std::string(key) + std::string(kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // SHA-1 because the protocol says so; nothing rests on it.
  if (EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    return std::nullopt;
  }
  std::array<unsigned char, 32> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return std::string(text.begin(), text.begin() + length);
}

std::string upgrade_answer(std::string_view accept, std::string_view subprotocol) {
  std::string out =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Server: conclave\r\nSec-WebSocket-Accept: ";
  out.append(accept).append("\r\nSec-WebSocket-Protocol: ").append(subprotocol);
  return out.append("\r\n\r\n");
}

}  // namespace conclave::wire
