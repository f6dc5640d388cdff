#pragma once

#include <memory>
#include <string>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

struct evp_pkey_st;

namespace conclave::client {

// A device's own key pair, ES256 (P-256). Made here, never leaves the device except into its home
// folder.
class DeviceKey {
 public:
  [[nodiscard]] static Result<DeviceKey> make();
  // PKCS#8 PEM, as pem() wrote it.
  [[nodiscard]] static Result<DeviceKey> from_pem(std::string_view pem);

  DeviceKey(DeviceKey&&) noexcept = default;
  DeviceKey& operator=(DeviceKey&&) noexcept = default;

  [[nodiscard]] static std::string_view algorithm() { return "ES256"; }
  // 65 bytes, uncompressed point.
  [[nodiscard]] const Bytes& point() const { return point_; }
  // 64 bytes r | s over SHA-256 of the message.
  [[nodiscard]] Result<Bytes> sign(ByteView message) const;
  // Secret: for the home folder only.
  [[nodiscard]] Result<std::string> pem() const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  DeviceKey(Handle key, Bytes point) : key_(std::move(key)), point_(std::move(point)) {}
  [[nodiscard]] static Result<DeviceKey> adopt(Handle key);

  Handle key_;
  Bytes point_;
};

}  // namespace conclave::client
