// Commands about one's own second factors and linked accounts.
#include <boost/json/array.hpp>
#include <cstdio>

#include "sdk/client/terminal/commands.hpp"
#include "sdk/client/terminal/output.hpp"
#include "sdk/client/terminal/password.hpp"

namespace conclave::client::terminal {
namespace {

// A code when one was given, else the password, which is asked for.
Result<json::object> proof_of(const Request& request) {
  if (!request.code.empty()) return json::object{{"totp", request.code}};
  if (!request.recovery_code.empty()) {
    return json::object{{"recovery_code", request.recovery_code}};
  }
  auto password = read_password("Your password: ");
  if (!password) return std::unexpected(std::move(password).error());
  return json::object{{"password", base::as_text(password->view())}};
}

Result<json::object> ask(const Request& request, std::string method, json::object params) {
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  return (*client)->call(std::move(method), std::move(params)).get();
}

// Begins, shows what the application needs, and confirms with the code that it then shows.
Result<void> add_totp(const Request& request) {
  auto proof = proof_of(request);
  if (!proof) return std::unexpected(std::move(proof).error());
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  auto begun =
      (*client)
          ->call("factor.enrol", {{"kind", "totp"},
                                  {"label", request.text.empty() ? "authenticator" : request.text},
                                  {"proof", std::move(*proof)}})
          .get();
  if (!begun) return std::unexpected(std::move(begun).error());
  const json::object& totp = begun->at("totp").as_object();
  if (request.as_json) {
    print_json(*begun);
  } else {
    std::printf(
        "%s\n\nShow this to your authenticator application as a QR code, or type its "
        "secret:\n%s\n",
        string_at(totp, "uri").c_str(), string_at(totp, "secret").c_str());
  }
  std::fflush(stdout);  // whoever reads a pipe has to answer
  auto code = read_password("The code that it shows now: ");
  if (!code) return std::unexpected(std::move(code).error());
  auto made = (*client)
                  ->call("factor.confirm", {{"factor", string_at(*begun, "factor")},
                                            {"code", base::as_text(code->view())}})
                  .get();
  if (!made) return std::unexpected(std::move(made).error());
  if (request.as_json) {
    print_json(*made);
  } else {
    std::printf(
        "%s is a second factor of your account now.\n"
        "Next: conclave factor codes, in case it gets lost.\n",
        printable(string_at(*made, "label")).c_str());
  }
  return {};
}

}  // namespace

Result<void> factor_list(const Request& request) {
  auto answer = ask(request, "factor.list", {});
  if (!answer) return std::unexpected(std::move(answer).error());
  std::vector<std::vector<std::string>> table{{"FACTOR", "KIND", "LABEL", "SINCE", "LAST USED"}};
  for (const auto& value : array_at(*answer, "factors")) {
    const auto& factor = value.as_object();
    if (request.as_json) print_json(factor);
    const std::int64_t used_ms = number_at(factor, "used_ms");
    const bool codes = factor.contains("codes_left");
    table.push_back({string_at(factor, "factor"), string_at(factor, "kind"),
                     codes ? std::to_string(number_at(factor, "codes_left")) + " left"
                           : printable(string_at(factor, "label")),
                     time_text(number_at(factor, "created_ms")),
                     used_ms > 0 ? time_text(used_ms) : "never"});
  }
  if (!request.as_json) print_table(table);
  return {};
}

Result<void> factor_add(const Request& request) {
  return add_totp(request);
}

Result<void> factor_remove(const Request& request) {
  auto proof = proof_of(request);
  if (!proof) return std::unexpected(std::move(proof).error());
  auto answer =
      ask(request, "factor.remove", {{"factor", request.query}, {"proof", std::move(*proof)}});
  if (!answer) return std::unexpected(std::move(answer).error());
  if (request.as_json) print_json(*answer);
  return {};
}

Result<void> factor_codes(const Request& request) {
  auto proof = proof_of(request);
  if (!proof) return std::unexpected(std::move(proof).error());
  auto answer = ask(request, "factor.codes", {{"proof", std::move(*proof)}});
  if (!answer) return std::unexpected(std::move(answer).error());
  if (request.as_json) {
    print_json(*answer);
    return {};
  }
  std::puts(
      "Each of these codes works once. Keep them where your phone is not; they are not shown "
      "again.");
  for (const auto& code : array_at(*answer, "codes")) std::puts(code.as_string().c_str());
  return {};
}

}  // namespace conclave::client::terminal
