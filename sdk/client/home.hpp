#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "runtime/base/error.hpp"
#include "sdk/client/client.hpp"
#include "sdk/client/device_key.hpp"
#include "sdk/client/held_order.hpp"

namespace conclave::client {

// What a device keeps for good: device.json, mode 0600, written once at enrolment.
struct DeviceRecord {
  std::string server;
  std::string authority_pem;  // root certificate, empty for a plain loopback server
  SignedIn identity;
  std::string key_pem;  // secret
  // The key that signs orders to this device (SubjectPublicKeyInfo, DER), as the server had it at
  // enrolment; empty: no order is obeyed.
  Bytes command_key;
};

// What changes: state.json, mode 0600, replaced as a whole. Cursor and heads belong together: what
// one says was delivered, the other counts.
struct Progress {
  std::string cursor;  // empty: nothing yet
  std::int64_t next_client_id = 1;
  json::object heads;  // room -> newest seq that was delivered to the program
  json::array outbox;  // see Outbox
};

// What Home::wipe did.
struct WipeReport {
  std::size_t removed = 0;
  std::size_t overwritten = 0;  // before they were removed
  std::size_t failed = 0;
};
[[nodiscard]] std::string to_text(const WipeReport& report);

// The folder of one device. Holds its lock for as long as it lives. One thread at a time.
class Home {
 public:
  [[nodiscard]] static Result<Home> open(const std::filesystem::path& folder);
  Home(Home&& other) noexcept;
  Home& operator=(Home&& other) noexcept;
  ~Home();

  [[nodiscard]] Result<std::optional<DeviceRecord>> load_device() const;
  [[nodiscard]] Result<void> save_device(const DeviceRecord& record) const;
  [[nodiscard]] Result<Progress> load_progress() const;
  [[nodiscard]] Result<void> save_progress(const Progress& progress) const;
  [[nodiscard]] Result<std::optional<HeldOrder>> load_order() const;
  [[nodiscard]] Result<void> save_order(const HeldOrder& order) const;
  // Overwrites and removes what lies in the folder; without `everything` all but the device's key
  // and the order that it is carrying out. The lock stays.
  [[nodiscard]] WipeReport wipe(bool everything) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  Home(std::filesystem::path folder, int lock) : folder_(std::move(folder)), lock_(lock) {}

  std::filesystem::path folder_;
  int lock_ = -1;  // descriptor of the lock file, closed by this
};

}  // namespace conclave::client
