#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sdk/client/binding.hpp"
#include "sdk/client/device_key.hpp"

// A terminal of a person: its key and what the server called it. Outlives its connections.
namespace conclave::load {

struct Device {
  Device(std::string the_account, std::string the_password);

  // Parameters of session.enrol and session.prove as JSON text, for the nonce of a hello.
  [[nodiscard]] std::string enrol_params(std::string_view hello_nonce,
                                         const client::Binding& binding) const;
  [[nodiscard]] std::string prove_params(std::string_view hello_nonce,
                                         const client::Binding& binding) const;
  // Takes over what the answer of a sign-in tells.
  void signed_in(std::string_view result);

  std::string account;
  std::string password;
  client::DeviceKey key;
  std::string id;  // empty before it is enrolled
  std::string user;
  std::string access_token;
  std::string resume_handle;
};

// The text after `"name":"` up to the next quote; empty when there is none. For answers whose form
// is known and whose values hold no escapes.
[[nodiscard]] std::string_view text_member(std::string_view json, std::string_view name);

}  // namespace conclave::load
