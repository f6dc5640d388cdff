#pragma once

#include <p11-kit/pkcs11.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hsm/pkcs11/call_watch.hpp"
#include "hsm/pkcs11/return_value.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"

// Private to hsm/pkcs11 (it shows pkcs11.h): a loaded module and its function table.
namespace conclave::hsm::pkcs11 {

class Module {
 public:
  // dlopen, C_GetFunctionList, C_Initialize. `watch` must outlive the module.
  static Result<std::unique_ptr<Module>> load(const std::filesystem::path& file, CallWatch& watch);
  ~Module();  // C_Finalize; the library stays mapped, since several modules crash when unmapped
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // Every C_ call of Conclave goes through here: timed for the watchdog, counted, translated.
  //   module.call("C_Sign", &CK_FUNCTION_LIST::C_Sign, session, ...)
  template <class... Parameters, class... Arguments>
  Result<void> call(const char* name, CK_RV (*CK_FUNCTION_LIST::*function)(Parameters...),
                    Arguments... arguments) {
    const auto value = call_raw(name, function, arguments...);
    if (value == CKR_OK) return {};
    return std::unexpected(to_error(name, value));
  }

  // For the few callers that look at the value itself.
  template <class... Parameters, class... Arguments>
  CK_RV call_raw(const char* name, CK_RV (*CK_FUNCTION_LIST::*function)(Parameters...),
                 Arguments... arguments) {
    watch_->call.store(name, std::memory_order_relaxed);
    watch_->started_ms.store(base::system_clock().monotonic_ms() + 1, std::memory_order_relaxed);
    const CK_RV value = (functions_->*function)(arguments...);
    watch_->started_ms.store(0, std::memory_order_relaxed);
    watch_->calls.fetch_add(1, std::memory_order_relaxed);
    if (value != CKR_OK) {
      watch_->failures.fetch_add(1, std::memory_order_relaxed);
      last_failure_ = return_value(value).consequence;
    }
    return value;
  }

  [[nodiscard]] Result<std::vector<CK_SLOT_ID>> slots(bool with_token);
  [[nodiscard]] Result<CK_TOKEN_INFO> token_info(CK_SLOT_ID slot);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  // The worst that a call has met since the last time this was asked.
  [[nodiscard]] Consequence take_consequence() {
    return std::exchange(last_failure_, Consequence::refused);
  }

 private:
  Module(std::filesystem::path file, CallWatch& watch) : file_(std::move(file)), watch_(&watch) {}

  std::filesystem::path file_;
  CallWatch* watch_;
  CK_FUNCTION_LIST* functions_ = nullptr;
  bool initialised_ = false;
  Consequence last_failure_ = Consequence::refused;
};

// PKCS#11 pads its texts with blanks and does not end them.
template <std::size_t Size>
[[nodiscard]] std::string padded_text(const CK_UTF8CHAR (&text)[Size]) {
  std::string out(reinterpret_cast<const char*>(text), Size);
  out.erase(out.find_last_not_of(std::string_view(" \0", 2)) + 1);
  return out;
}

}  // namespace conclave::hsm::pkcs11
