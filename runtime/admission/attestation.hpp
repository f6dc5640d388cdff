#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "hsm/api/signature.hpp"
#include "runtime/base/error.hpp"

namespace conclave::admission {

inline constexpr ErrorSpec kAttestationRoots{
    "attestation.roots", ErrorKind::invalid,
    "sign_in.attestation_roots must name a PEM file with at least one certificate."};

// Whose word counts that a device's key lives in hardware: certificates of the makers (Android Key
// Attestation, TPM endorsement) or of the organisation that manages the devices. Any thread.
class AttestationRoots {
 public:
  // Nobody's word counts.
  AttestationRoots();
  ~AttestationRoots();
  AttestationRoots(AttestationRoots&&) noexcept;
  AttestationRoots& operator=(AttestationRoots&&) noexcept;

  // kAttestationRoots.
  [[nodiscard]] static Result<AttestationRoots> load(const std::filesystem::path& pem);

  // True when the first certificate (DER) is for `key` and a path of the others, at most five in
  // all, leads from it to one of the roots, valid now (RFC 5280, 6).
  [[nodiscard]] bool prove(std::span<const Bytes> chain, const hsm::api::VerifyKey& key) const;

 private:
  struct Store;
  std::unique_ptr<Store> store_;
};

}  // namespace conclave::admission
