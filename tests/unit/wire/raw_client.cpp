#include "tests/unit/wire/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/x509.h>

#include <array>
#include <stdexcept>

#include "runtime/base/encoding.hpp"
#include "tests/unit/wire/fixture.hpp"

namespace conclave::wire::test {

RawClient::RawClient(std::uint16_t port, int receive_buffer) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const timeval patience{10, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("connect");
  }
}

RawClient::~RawClient() {
  ::close(descriptor_);
}

bool RawClient::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string RawClient::read(std::size_t limit) {
  std::string out(limit, '\0');
  const ssize_t got = ::recv(descriptor_, out.data(), out.size(), 0);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

std::string RawClient::read_until(std::string_view mark) {
  std::size_t at = 0;
  while ((at = pending_.find(mark)) == std::string::npos) {
    const std::string more = read();
    if (more.empty()) return std::exchange(pending_, {});
    pending_ += more;
  }
  std::string out = pending_.substr(0, at + mark.size());
  pending_.erase(0, at + mark.size());
  return out;
}

std::string RawClient::read_exactly(std::size_t bytes) {
  while (pending_.size() < bytes) {
    const std::string more = read();
    if (more.empty()) break;
    pending_ += more;
  }
  std::string out = pending_.substr(0, bytes);
  pending_.erase(0, out.size());
  return out;
}

std::string RawClient::read_to_end() {
  std::string out = std::exchange(pending_, {});
  for (std::string more = read(); !more.empty(); more = read()) out += more;
  return out;
}

void RawClient::shut_down_writing() {
  ::shutdown(descriptor_, SHUT_WR);
}

std::string RawClient::upgrade(std::string_view subprotocol, std::string_view path) {
  write("GET " + std::string(path) +
        " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: " +
        std::string(subprotocol) + "\r\n\r\n");
  return read_until("\r\n\r\n");
}

std::string Frame::encoded(bool masked) const {
  std::string out;
  out += static_cast<char>((fin ? 0x80U : 0U) | (reserved << 4U) | opcode);
  const unsigned mask_bit = masked ? 0x80U : 0U;
  if (payload.size() < 126) {
    out += static_cast<char>(mask_bit | payload.size());
  } else if (payload.size() < 65536) {
    out += static_cast<char>(mask_bit | 126U);
    out += static_cast<char>(payload.size() >> 8U);
    out += static_cast<char>(payload.size() & 0xffU);
  } else {
    out += static_cast<char>(mask_bit | 127U);
    for (unsigned shift = 56; shift + 8 > 0 && shift <= 56; shift -= 8) {
      out += static_cast<char>((std::uint64_t(payload.size()) >> shift) & 0xffU);
    }
  }
  if (!masked) return out + payload;
  constexpr std::array<char, 4> kKey{0x11, 0x22, 0x33, 0x44};
  out.append(kKey.data(), kKey.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out += static_cast<char>(payload[i] ^ kKey[i % kKey.size()]);
  }
  return out;
}

std::string text_frame(std::string payload) {
  return Frame{.payload = std::move(payload)}.encoded();
}

std::optional<Frame> read_frame(RawClient& client) {
  const std::string head = client.read_exactly(2);
  if (head.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(head[0]);
  std::size_t length = static_cast<unsigned char>(head[1]) & 0x7fU;
  const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (extra > 0) {
    length = 0;
    for (const char c : client.read_exactly(extra))
      length = length << 8U | static_cast<unsigned char>(c);
  }
  Frame frame{.fin = (first & 0x80U) != 0,
              .reserved = (first >> 4U) & 7U,
              .opcode = first & 0xfU,
              .payload = client.read_exactly(length)};
  if (frame.payload.size() < length) return std::nullopt;
  return frame;
}

unsigned read_close_code(RawClient& client) {
  while (const auto frame = read_frame(client)) {
    if (frame->opcode != 8) continue;
    if (frame->payload.size() < 2) return 1005;
    return static_cast<unsigned>(static_cast<unsigned char>(frame->payload[0])) << 8U |
           static_cast<unsigned char>(frame->payload[1]);
  }
  return 0;
}

namespace {

void present(SSL_CTX* context, const TlsClient::Options& options) {
  const Bytes& leaf = options.identity->identity.leaf;
  SSL_CTX_use_certificate_ASN1(context, static_cast<int>(leaf.size()), leaf.data());
  SSL_CTX_use_PrivateKey(context, options.identity->key()->get());
  for (int i = 0; i < options.behind; ++i) {
    const unsigned char* at = leaf.data();
    SSL_CTX_add0_chain_cert(context, d2i_X509(nullptr, &at, static_cast<long>(leaf.size())));
  }
}

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const Options& options)
    : RawClient(port), context_(SSL_CTX_new(TLS_client_method())) {
  if (options.least != 0) SSL_CTX_set_min_proto_version(context_, options.least);
  if (options.most != 0) SSL_CTX_set_max_proto_version(context_, options.most);
  SSL_CTX_set_options(context_, options.switched_off);
  SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_cipher_list(context_, options.ciphers12 != nullptr ? options.ciphers12 : "ALL");
  if (options.identity != nullptr) present(context_, options);
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, descriptor_);
  if (options.session != nullptr) SSL_set_session(ssl_, options.session);
  if (options.alpn != nullptr) {
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(options.alpn),
                        static_cast<unsigned>(std::string_view(options.alpn).size()));
  }
  connected_ = SSL_connect(ssl_) == 1;
}

TlsClient::~TlsClient() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

std::string TlsClient::exporter() const {
  std::array<unsigned char, 32> value{};
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  SSL_export_keying_material(ssl_, value.data(), value.size(), kLabel.data(), kLabel.size(),
                             nullptr, 0, 0);
  return base::hex_encode(value);
}

bool TlsClient::write(std::string_view bytes) {
  return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

std::string TlsClient::read(std::size_t limit) {
  std::string out(limit, '\0');
  const int got = SSL_read(ssl_, out.data(), static_cast<int>(out.size()));
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

}  // namespace conclave::wire::test
