#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/network/certificate_chain.hpp"

namespace conclave::authorities::testing {

// 2026-11-21 12:00 UTC: the clock of these tests.
inline constexpr std::int64_t kNowMs = 1'795'262'400'000;
inline constexpr std::int64_t kDayMs = 86'400'000;

// What a certificate says; times are days from kNowMs.
struct Wanted {
  std::string name = "leaf";
  int from_days = -1;
  int until_days = 30;
  bool authority = false;
  int path_length = -1;                // of an authority; below 0: any
  std::string purpose = "clientAuth";  // extended key usage; empty: none said
  std::string kind = "P-256";          // or "RSA-1024", "RSA-2048", "ED25519"
  std::string digest = "SHA256";
  long serial = 7;
};

// A key and a certificate for it.
struct Minted {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;

  [[nodiscard]] Bytes der() const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::string key_pem() const;
};

// Signed by `issuer`, or by itself.
[[nodiscard]] Minted mint(const Wanted& wanted, const Minted* issuer = nullptr);
[[nodiscard]] Minted mint_root(const std::string& name = "root");

struct WantedList {
  int from_days = -1;
  int until_days = 7;
  std::vector<long> serials = {};
  bool delta = false;
};
// A revocation list, PEM.
[[nodiscard]] std::string mint_list(const Minted& issuer, const WantedList& wanted);

[[nodiscard]] network::PresentedChain chain_of(const std::vector<const Minted*>& certificates);

}  // namespace conclave::authorities::testing
