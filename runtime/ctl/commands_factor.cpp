#include <CLI/App.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/shell.hpp"

// One's own second factors.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

constexpr const char* kFactors = "/api/v1/me/factors";

const Shell::View kList{"factors",
                        {{"FACTOR", "factor"},
                         {"KIND", "kind"},
                         {"LABEL", "label"},
                         {"SINCE (UTC)", "created_ms"},
                         {"LAST USED (UTC)", "used_ms"},
                         {"CODES LEFT", "codes_left"}}};
const Shell::View kBegun{
    "",
    {{"factor", "factor"}, {"secret", "secret"}, {"uri", "uri"}, {"until (UTC)", "expires_ms"}}};
const Shell::View kMade{"", {{"factor", "factor"}, {"kind", "kind"}, {"label", "label"}}};
const Shell::View kCodes{"", {{"codes", "codes"}}};

struct Given {
  std::string what;
  std::string code;
  std::string recovery_code;
  std::filesystem::path password_file;
};

void add_proof(CLI::App* command, const std::shared_ptr<Given>& given) {
  command->add_option("--totp", given->code, "prove with a code instead of the password");
  command->add_option("--recovery-code", given->recovery_code, "prove with a recovery code");
  command->add_option("--password-file", given->password_file, "first line is the password");
}

Result<json::object> proof_of(const Given& given) {
  if (!given.code.empty()) return json::object{{"totp", given.code}};
  if (!given.recovery_code.empty()) return json::object{{"recovery_code", given.recovery_code}};
  auto password = read_password(given.password_file, false);
  if (!password) return std::unexpected(password.error());
  return json::object{{"password", base::as_text(password->view())}};
}

Result<void> add_totp(Shell& shell, const Given& given) {
  auto proof = proof_of(given);
  if (!proof) return std::unexpected(proof.error());
  CONCLAVE_TRY(shell.request(
      "POST", kFactors, json::object{{"label", given.what}, {"proof", std::move(*proof)}}, kBegun));
  if (!shell.json) {
    shell.out() << "Give the secret or the URI to your authenticator application, then\n"
                   "  conclavectl factor confirm FACTOR CODE\n";
  }
  return {};
}

Result<void> confirm(Shell& shell, const Given& given) {
  return shell.request("POST", std::string(kFactors) + "/" + encoded(given.what) + "/confirm",
                       json::object{{"code", given.code}}, kMade);
}

Result<void> remove(Shell& shell, const Given& given) {
  auto proof = proof_of(given);
  if (!proof) return std::unexpected(proof.error());
  return shell.request("POST", std::string(kFactors) + "/" + encoded(given.what) + "/remove",
                       json::object{{"proof", std::move(*proof)}}, {});
}

Result<void> codes(Shell& shell, const Given& given) {
  auto proof = proof_of(given);
  if (!proof) return std::unexpected(proof.error());
  return shell.request("POST", std::string(kFactors) + "/codes",
                       json::object{{"proof", std::move(*proof)}}, kCodes);
}

}  // namespace

void add_factor_commands(CLI::App& app, Shell& shell) {
  const auto given = std::make_shared<Given>();
  CLI::App* factor = app.add_subcommand("factor", "your own second factors");
  factor->require_subcommand(1);
  add(factor, shell, "list", "second factors of this account", given,
      [](Shell& self, const Given&) { return self.request("GET", kFactors, std::nullopt, kList); });
  CLI::App* more =
      add(factor, shell, "add", "begin with an authenticator application", given, add_totp);
  more->add_option("label", given->what, "its name for you")->required();
  add_proof(more, given);
  CLI::App* sure = add(factor, shell, "confirm", "show that the application works", given, confirm);
  sure->add_option("factor", given->what, "id")->required();
  sure->add_option("code", given->code, "the code that it shows")->required();
  CLI::App* gone = add(factor, shell, "remove", "take a second factor away", given, remove);
  gone->add_option("factor", given->what, "id")->required();
  add_proof(gone, given);
  add_proof(
      add(factor, shell, "codes", "ten new recovery codes; older ones stop working", given, codes),
      given);
}

}  // namespace conclave::ctl
