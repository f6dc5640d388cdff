#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "runtime/base/bytes.hpp"

namespace conclave::network {

// What the other end presented in its TLS handshake (RFC 8446, 4.4.2): DER, the leaf first, then in
// the peer's order. The handshake proved that the peer has the leaf's key, and nothing else: whose
// certificates count is the tenant's to say.
struct CertificateChain {
  static constexpr std::size_t kMostCertificates = 5;   // the leaf included
  static constexpr std::size_t kMostBytes = 16 * 1024;  // of all together

  std::vector<Bytes> der;  // never empty
};

// Shared by a connection and the session that was opened on it; null: nothing was presented, or
// more than the limits.
using PresentedChain = std::shared_ptr<const CertificateChain>;

}  // namespace conclave::network
