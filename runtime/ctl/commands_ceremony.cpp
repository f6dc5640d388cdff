#include <CLI/App.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>
#include <memory>

#include "runtime/base/clock.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/config/state_paths.hpp"
#include "runtime/ctl/ceremony.hpp"
#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/shell.hpp"
#include "sdk/client/device_key.hpp"

// What custodians do: keys of their own, orders, signatures. Nothing here needs a sign-in.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

const Shell::View kDescription{"",
                               {{"installation", "installation"},
                                {"signatures needed", "needed"},
                                {"custodians", "approvers"},
                                {"token ready", "ready"},
                                {"token locked", "locked"},
                                {"token says", "reason"}}};

struct Given {
  std::filesystem::path state;
  std::filesystem::path file;
  std::filesystem::path key;
  std::string name;
  std::string operation;
  std::string argument;
  std::string installation;
  std::string signature;
  int hours = 4;
  bool yes = false;
};

std::filesystem::path socket_of(const Given& given) {
  return config::StatePaths(given.state).ceremony_socket;
}

Result<void> new_key(Shell& shell, const Given& given) {
  if (std::filesystem::exists(given.file)) {
    return fail(kFileUnusable, given.file.string() + " exists already");
  }
  auto key = client::DeviceKey::make();
  if (!key) return std::unexpected(key.error());
  auto pem = key->pem();
  if (!pem) return std::unexpected(pem.error());
  CONCLAVE_TRY(replace_private(given.file, *pem));
  shell.out() << json::serialize(json::object{{"name", given.name},
                                              {"algorithm", client::DeviceKey::algorithm()},
                                              {"key", base::base64url_encode(key->point())}})
              << '\n';
  shell.err() << "Kept in " << given.file.string() << "; give the line above to whoever collects "
              << "the custodians, and keep the file off the server.\n";
  return {};
}

Result<void> describe(Shell& shell, const Given& given) {
  auto answer = ask_keyd(socket_of(given), {{"operation", "describe"}});
  if (!answer) return std::unexpected(answer.error());
  shell.show(*answer, kDescription);
  return {};
}

Result<void> prepare(Shell& shell, const Given& given) {
  std::string argument = given.argument;
  if (given.operation == "approvers.change") {
    auto text = read_file(given.argument);
    if (!text) return std::unexpected(text.error());
    argument = *std::move(text);
  } else if (given.operation == "tenant.destroy" && argument.empty()) {
    return fail(kUsage, "tenant.destroy needs the tenant's id (t_...)");
  }
  const std::int64_t expiry_ms = base::system_clock().utc_ms() +
                                 std::chrono::milliseconds(std::chrono::hours(given.hours)).count();
  const json::object order = make_order(given.operation, argument, given.installation, expiry_ms);
  CONCLAVE_TRY(replace_private(given.file, json::serialize(order) + "\n"));
  shell.err() << order_in_words(order) << "\nWritten to " << given.file.string()
              << "; each custodian signs it with `conclavectl ceremony sign`.\n";
  return {};
}

Result<Bytes> signature_of(const Given& given, const base::Sha256& digest) {
  if (!given.signature.empty()) {
    auto bytes = base::base64url_decode(given.signature);
    if (!bytes || bytes->size() != 64) {
      return fail(kUsage, "--signature takes 64 bytes r | s as base64url");
    }
    return *std::move(bytes);
  }
  auto pem = read_file(given.key);
  if (!pem) return std::unexpected(pem.error());
  auto key = client::DeviceKey::from_pem(*pem);
  if (!key) return fail(kCustodianKeyUnusable, given.key.string());
  return key->sign(digest);
}

Result<void> sign(Shell& shell, const Given& given) {
  auto order = load_order(given.file);
  if (!order) return std::unexpected(order.error());
  const auto digest = order_digest(*order);
  if (!digest) return std::unexpected(digest.error());
  shell.err() << order_in_words(*order) << "\ndigest " << base::hex_encode(*digest) << '\n';
  if (!given.yes) {
    return fail(kUsage, "nothing was signed; when that is what you want, repeat with --yes");
  }
  if (given.key.empty() == given.signature.empty()) {
    return fail(kUsage, "sign with --key FILE, or with a token of your own and --signature");
  }
  auto signature = signature_of(given, *digest);
  if (!signature) return std::unexpected(signature.error());
  add_approval(&*order, given.name, *signature);
  CONCLAVE_TRY(replace_private(given.file, json::serialize(*order) + "\n"));
  shell.err() << "Signed as " << given.name << ".\n";
  return {};
}

Result<void> submit(Shell& shell, const Given& given) {
  auto order = load_order(given.file);
  if (!order) return std::unexpected(order.error());
  auto answer = ask_keyd(socket_of(given), *order);
  if (!answer) return std::unexpected(answer.error());
  shell.show(*answer, {});
  return {};
}

}  // namespace

void add_ceremony_commands(CLI::App& app, Shell& shell) {
  const auto given = std::make_shared<Given>();
  CLI::App* ceremony = app.add_subcommand("ceremony", "orders that several custodians sign");
  ceremony->require_subcommand(1);
  CLI::App* key = add(ceremony, shell, "new-key", "make a custodian's key; shows its public half",
                      given, new_key);
  key->add_option("name", given->name, "the custodian's name")->required();
  key->add_option("--out", given->file, "file of the private key")->required();
  CLI::App* what = add(ceremony, shell, "describe", "installation, custodians, state of the token",
                       given, describe);
  what->add_option("--state", given->state, "state folder")->required();
  CLI::App* order = add(ceremony, shell, "prepare", "write an order to be signed", given, prepare);
  order
      ->add_option("operation", given->operation,
                   "tenant.destroy, approvers.change, pin.clear or anchor.reset")
      ->required()
      ->check(CLI::IsMember({"tenant.destroy", "approvers.change", "pin.clear", "anchor.reset"}));
  order->add_option("argument", given->argument,
                    "the tenant's id; or the file of the new custodians");
  order->add_option("--installation", given->installation, "as `describe` shows it")->required();
  order->add_option("--hours", given->hours, "how long it is valid")->check(CLI::Range(1, 23));
  order->add_option("--out", given->file, "file of the order")->required();
  CLI::App* approve = add(ceremony, shell, "sign", "show an order and sign it", given, sign);
  approve->add_option("order", given->file, "file of the order")->required();
  approve->add_option("--as", given->name, "the custodian's name")->required();
  approve->add_option("--key", given->key, "file of the custodian's key");
  approve->add_option("--signature", given->signature,
                      "made elsewhere over the digest: ES256 r | s, base64url");
  approve->add_flag("--yes", given->yes, "really sign");
  CLI::App* give =
      add(ceremony, shell, "submit", "give a signed order to the key process", given, submit);
  give->add_option("order", given->file, "file of the order")->required();
  give->add_option("--state", given->state, "state folder")->required();
}

}  // namespace conclave::ctl
