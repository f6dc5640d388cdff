#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "runtime/ctl/api.hpp"
#include "runtime/ctl/table.hpp"

namespace conclave::ctl {

// One run of the program: options that all commands share, and how results are shown.
class Shell {
 public:
  Shell(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}

  std::filesystem::path home;
  bool json = false;
  std::string tenant = "self";
  std::filesystem::path certificate;  // shown in TLS handshakes; empty: none
  ShownFactor factor;                 // given on the command line, for sign-ins that need one
  // What the parsed command does; set by the command's callback.
  std::function<Result<void>(Shell&)> action;

  struct View {
    std::string list;             // field that holds the rows; empty: one object
    std::vector<Column> columns;  // empty: "done"
  };
  // Signs in with the profile of `home`, makes one call, signs out.
  [[nodiscard]] Result<boost::json::object> call(const std::string& method,
                                                 const std::string& target,
                                                 const std::optional<boost::json::object>& body);
  // The same, and shows the result.
  [[nodiscard]] Result<void> request(const std::string& method, const std::string& target,
                                     const std::optional<boost::json::object>& body,
                                     const View& view);
  void show(const boost::json::object& result, const View& view);
  // "/api/v1/tenants/<tenant>" + rest
  [[nodiscard]] std::string in_tenant(const std::string& rest) const;

  // Runs the action and reports its error; the exit status.
  [[nodiscard]] int run();

  [[nodiscard]] std::ostream& out() { return out_; }
  [[nodiscard]] std::ostream& err() { return err_; }
  // A sign-in of `api` shows the client certificate that was given, and where it needs a second
  // factor takes the one that was given, or asks for it.
  void answer_step_ups(Api& api);
  // What a sign-in that was let in only in part still needs.
  void show_notices(const Api& api);
  // Kept for the report when a call was refused.
  void remember(const Api& api) { refusal_ = api.refusal(); }

 private:
  void report(const Error& error);

  std::ostream& out_;
  std::ostream& err_;
  std::optional<Refusal> refusal_;
};

// What a code is by its looks: six digits come from an application, longer ones are for recovery.
[[nodiscard]] std::string factor_of(const std::string& code);
// One segment of a path or a value of a query, percent-encoded.
[[nodiscard]] std::string encoded(std::string_view text);
// kUsage unless `given`: for commands that destroy.
[[nodiscard]] Result<void> require_yes(bool given, std::string_view what);

}  // namespace conclave::ctl
