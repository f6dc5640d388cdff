#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>

#include "sdk/client/terminal/directory.hpp"
#include "sdk/client/terminal/inbox.hpp"

namespace conclave::client::terminal {

struct Request {
  std::filesystem::path home;  // folder of the device
  bool as_json = false;
  std::string account, server, device_name, room, text, query;
  std::string code, recovery_code;  // instead of the password
  std::filesystem::path ca_file;
  std::filesystem::path certificate_file;
  std::vector<std::string> accounts;
  std::int64_t limit = 20;
  std::int64_t before = 0;
  bool open = false;
  bool yes = false;  // asked for without a question
  bool mark_read = true;
  std::string factor;                   // the second factor to show, where several would do
  std::string hardware_id, service_id;  // of a device that may become the primary one
  bool deny = false;
};

// Each runs one command and gives the error that ends the program, if any.
[[nodiscard]] Result<void> sign_in(const Request& request);
[[nodiscard]] Result<void> rooms(const Request& request);
[[nodiscard]] Result<void> history(const Request& request);
[[nodiscard]] Result<void> send(const Request& request);
[[nodiscard]] Result<void> create(const Request& request);
[[nodiscard]] Result<void> invite(const Request& request);
[[nodiscard]] Result<void> accept(const Request& request);
[[nodiscard]] Result<void> devices(const Request& request);
[[nodiscard]] Result<void> factor_list(const Request& request);
[[nodiscard]] Result<void> factor_add(const Request& request);
[[nodiscard]] Result<void> factor_remove(const Request& request);
[[nodiscard]] Result<void> factor_codes(const Request& request);
[[nodiscard]] Result<void> ban_device(const Request& request);
[[nodiscard]] Result<void> wipe_device(const Request& request);
[[nodiscard]] Result<void> device_orders(const Request& request);
[[nodiscard]] Result<void> approve(const Request& request);
[[nodiscard]] Result<void> presence(const Request& request);
[[nodiscard]] Result<void> sync(const Request& request);
[[nodiscard]] Result<void> chat(const Request& request);

// A connected client, or why there is none. `catch_up` as in Options.
[[nodiscard]] Result<std::unique_ptr<Client>> connected(const Request& request, Listener& listener,
                                                        bool catch_up);
// One entry of a room on one line: "[12] 2026-11-20 14:03  Ada: Good morning (edited)".
[[nodiscard]] std::string entry_text(const json::object& entry, Directory& names);

}  // namespace conclave::client::terminal
