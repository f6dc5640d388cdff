#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace conclave::wire::test {

// A blocking client that can be as rude as a test wants. Reads give up after ten seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  virtual ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the peer has gone.
  virtual bool write(std::string_view bytes);
  // At most `limit` bytes; empty at the end of the stream, a reset or the time-out.
  virtual std::string read(std::size_t limit = 65536);
  // Until `mark` is in it; what came after it stays for the next read.
  std::string read_until(std::string_view mark);
  std::string read_exactly(std::size_t bytes);
  std::string read_to_end();
  void shut_down_writing();

  // HTTP upgrade on /ws; the response head.
  std::string upgrade(std::string_view subprotocol = "echo.v1", std::string_view path = "/ws");

 protected:
  int descriptor_ = -1;
  std::string pending_;
};

// RFC 6455 section 5.2.
struct Frame {
  bool fin = true;
  unsigned reserved = 0;  // three bits
  unsigned opcode = 1;
  std::string payload;

  [[nodiscard]] std::string encoded(bool masked = true) const;
};
[[nodiscard]] std::string text_frame(std::string payload);
// The next frame, or none at the end of the stream.
[[nodiscard]] std::optional<Frame> read_frame(RawClient& client);
// Reads up to the close frame: its code, or 0 when the stream ended without one.
[[nodiscard]] unsigned read_close_code(RawClient& client);

struct MemoryIdentity;

class TlsClient : public RawClient {
 public:
  struct Options {
    int least = 0;
    int most = 0;
    const char* ciphers12 = nullptr;
    SSL_SESSION* session = nullptr;
    const char* alpn = nullptr;                // wire form
    std::uint64_t switched_off = 0;            // SSL_OP_NO_…
    const MemoryIdentity* identity = nullptr;  // what the client presents when it is asked
    int behind = 0;                            // how often that certificate follows itself
  };
  TlsClient(std::uint16_t port, const Options& options);
  explicit TlsClient(std::uint16_t port) : TlsClient(port, Options{}) {}
  ~TlsClient() override;

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] SSL* ssl() { return ssl_; }
  [[nodiscard]] std::string exporter() const;  // hexadecimal
  bool write(std::string_view bytes) override;
  std::string read(std::size_t limit = 65536) override;

 private:
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

}  // namespace conclave::wire::test
