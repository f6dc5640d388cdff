#pragma once

#include <sodium.h>

#include <string>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/factors/webauthn.hpp"

namespace conclave::factors::testing {

// An authenticator whose every answer a test can bend before it is signed: EdDSA, `packed` self
// attestation.
class Authenticator {
 public:
  std::string rp_id = "chat.example";
  std::string origin = "https://chat.example";
  std::string create_type = "webauthn.create";
  std::string get_type = "webauthn.get";
  std::string more_client_data;  // `,"crossOrigin":true`
  std::uint8_t flags = 0x01;     // user present
  std::uint32_t sign_count = 0;
  std::string format = "packed";
  int statement_algorithm = -8;
  Bytes extensions;  // CBOR, with its flag
  Bytes id = Bytes(32, 0x1d);

  Authenticator() { crypto_sign_keypair(public_key_.data(), secret_key_.data()); }

  [[nodiscard]] Registration create(ByteView challenge) const {
    Registration out;
    out.client_data = client_data(create_type, challenge);
    const Bytes data = authenticator_data(true);
    const Bytes signature = sign(data, out.client_data);
    base::ByteWriter object;
    object.u8(0xa3);
    text(object, "fmt");
    text(object, format);
    text(object, "attStmt");
    if (format == "packed") {
      object.u8(0xa2);
      text(object, "alg");
      object.u8(static_cast<std::uint8_t>(0x20 + (-1 - statement_algorithm)));
      text(object, "sig");
      bytes(object, signature);
    } else {
      object.u8(0xa0);
    }
    text(object, "authData");
    bytes(object, data);
    out.attestation = object.take();
    return out;
  }

  [[nodiscard]] Assertion get(ByteView challenge) const {
    Assertion out;
    out.credential = id;
    out.client_data = client_data(get_type, challenge);
    out.authenticator_data = authenticator_data(false);
    out.signature = sign(out.authenticator_data, out.client_data);
    return out;
  }

  [[nodiscard]] Bytes cose() const {
    return base::ByteWriter()
        .raw(Bytes{0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20})
        .raw(public_key_)
        .take();
  }

 private:
  static void text(base::ByteWriter& out, std::string_view value) {
    out.u8(static_cast<std::uint8_t>(0x60 + value.size())).raw(value);
  }
  static void bytes(base::ByteWriter& out, ByteView value) {
    out.u8(0x59).u16(static_cast<std::uint16_t>(value.size()));
    if (value.size() < 256) {
      Bytes all = out.take();
      all.resize(all.size() - 3);
      out.raw(all).u8(0x58).u8(static_cast<std::uint8_t>(value.size()));
    }
    out.raw(value);
  }
  [[nodiscard]] Bytes client_data(const std::string& type, ByteView challenge) const {
    return base::to_bytes(R"({"type":")" + type + R"(","challenge":")" +
                          base::base64url_encode(challenge) + R"(","origin":")" + origin + '"' +
                          more_client_data + "}");
  }
  [[nodiscard]] Bytes authenticator_data(bool registering) const {
    base::ByteWriter out;
    auto all_flags = static_cast<unsigned>(flags);
    if (registering) all_flags |= 0x40U;
    if (!extensions.empty()) all_flags |= 0x80U;
    out.raw(base::sha256(rp_id)).u8(static_cast<std::uint8_t>(all_flags)).u32(sign_count);
    if (registering) {
      out.raw(Bytes(16)).u16(static_cast<std::uint16_t>(id.size())).raw(id).raw(cose());
    }
    return out.raw(extensions).take();
  }
  [[nodiscard]] Bytes sign(ByteView data, ByteView client_data) const {
    const Bytes message = base::ByteWriter().raw(data).raw(base::sha256(client_data)).take();
    Bytes out(crypto_sign_BYTES);
    crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), secret_key_.data());
    return out;
  }

  Bytes public_key_ = Bytes(crypto_sign_PUBLICKEYBYTES);
  Bytes secret_key_ = Bytes(crypto_sign_SECRETKEYBYTES);
};

}  // namespace conclave::factors::testing
