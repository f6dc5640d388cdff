#pragma once

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

namespace conclave::wire {

// Keys of TLS session tickets: made in this process, never stored, replaced every hour. A ticket of
// the previous hour still resumes and is renewed; an older one costs a full handshake. Any thread.
class TicketKeys {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  explicit TicketKeys(Now now = &std::chrono::steady_clock::now) : now_(std::move(now)) {}
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // `this` outlives the context.
  void attach(SSL_CTX* context);

  // OpenSSL's contract (SSL_CTX_set_tlsext_ticket_key_evp_cb): 1 use, 2 use and renew, 0 unknown,
  // below 0 an error.
  int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
           EVP_MAC_CTX* mac);

 private:
  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
    bool usable = false;
  };
  void rotate(std::chrono::steady_clock::time_point now);

  const Now now_;
  std::mutex mutex_;
  Key current_;
  Key previous_;
  std::chrono::steady_clock::time_point made_;
};

}  // namespace conclave::wire
