#pragma once

#include "hsm/api/key_service.hpp"
#include "hsm/pkcs11/token.hpp"

namespace conclave::hsm::keyd {

// The public half of a signing key and its id.
[[nodiscard]] Result<api::PublicKey> published_key(pkcs11::Token& token, std::string_view label);

// The token's r | s as the DER SEQUENCE of RFC 3279, 2.2.3.
[[nodiscard]] Bytes der_signature(ByteView r_and_s);

}  // namespace conclave::hsm::keyd
