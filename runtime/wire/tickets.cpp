#include "runtime/wire/tickets.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>

namespace conclave::wire {
namespace {

constexpr std::chrono::hours kKeyLife{1};

int ticket_callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac, int sealing) {
  auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  return sealing == 1 ? keys->seal(name, iv, cipher, mac) : keys->open(name, iv, cipher, mac);
}

bool start_mac(EVP_MAC_CTX* mac, std::array<unsigned char, 32>& key) {
  std::array<char, 7> digest{"SHA256"};
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

TicketKeys::~TicketKeys() {
  OPENSSL_cleanse(&current_, sizeof current_);
  OPENSSL_cleanse(&previous_, sizeof previous_);
}

void TicketKeys::attach(SSL_CTX* context) {
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &ticket_callback);
  SSL_CTX_set_timeout(context, std::chrono::seconds(kKeyLife).count());
}

void TicketKeys::rotate(std::chrono::steady_clock::time_point now) {
  if (current_.usable && now - made_ < kKeyLife) return;
  // Two hours without a handshake: the previous key is too old as well.
  previous_ = current_.usable && now - made_ < 2 * kKeyLife ? current_ : Key{};
  const bool made = RAND_bytes(current_.name.data(), int(current_.name.size())) == 1 &&
                    RAND_priv_bytes(current_.cipher.data(), int(current_.cipher.size())) == 1 &&
                    RAND_priv_bytes(current_.mac.data(), int(current_.mac.size())) == 1;
  current_.usable = made;
  made_ = now;
}

int TicketKeys::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  const std::lock_guard lock(mutex_);
  rotate(now_());
  constexpr int kIvBytes = 16;
  if (!current_.usable || RAND_bytes(iv, kIvBytes) != 1) return -1;
  std::memcpy(name, current_.name.data(), current_.name.size());
  if (EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, current_.cipher.data(), iv) != 1) {
    return -1;
  }
  return start_mac(mac, current_.mac) ? 1 : -1;
}

int TicketKeys::open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  const std::lock_guard lock(mutex_);
  rotate(now_());
  for (Key* key : {&current_, &previous_}) {
    if (!key->usable || std::memcmp(name, key->name.data(), key->name.size()) != 0) continue;
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) != 1 ||
        !start_mac(mac, key->mac)) {
      return -1;
    }
    return key == &current_ ? 1 : 2;
  }
  return 0;
}

}  // namespace conclave::wire
