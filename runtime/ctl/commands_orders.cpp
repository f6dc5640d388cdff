#include <CLI/App.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "hsm/api/order.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/shell.hpp"

// Bans of devices, and orders to them, which two admins sign.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

const Shell::View kOrders{"orders",
                          {{"ORDER", "order"},
                           {"KIND", "kind"},
                           {"DEVICE", "device"},
                           {"STATE", "state"},
                           {"BY", "authority"},
                           {"GIVEN (UTC)", "created_ms"},
                           {"EXPIRES (UTC)", "expires_ms"}}};
const Shell::View kOrder{"", {{"order", "order"}, {"device", "device"}, {"state", "state"}}};
const Shell::View kBans{"bans",
                        {{"DEVICE", "device"},
                         {"EVERYBODY", "everybody"},
                         {"HARDWARE", "hardware"},
                         {"BY", "by"},
                         {"SINCE (UTC)", "at_ms"}}};

struct Given {
  std::string user;
  std::string device;
  std::string order;
  bool yes = false;
};

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::string of_user(const Shell& shell, const Given& given, const std::string& rest) {
  return shell.in_tenant("/users/" + encoded(given.user) + rest);
}

std::string of_device(const Shell& shell, const Given& given, const std::string& rest) {
  return of_user(shell, given, "/devices/" + encoded(given.device) + rest);
}

// Reads what it signs: a server that was broken into could give another order than was asked for.
Result<std::string> signature_over(const Shell& shell, const Given& given,
                                   const std::string& text) {
  const auto document = base::base64url_decode(text);
  if (!document) return fail(kOrderNotSigned, "no document");
  const auto order = hsm::api::parse_order(*document);
  if (!order || order->kind != hsm::api::kWipe || !order->details.empty() ||
      base::to_text(order->device) != given.device) {
    return fail(kOrderNotSigned, "it is not the order to wipe " + given.device);
  }
  const auto profile = load_profile(shell.home);
  if (!profile) return std::unexpected(profile.error());
  const auto key = client::DeviceKey::from_pem(profile->key_pem);
  if (!key) return std::unexpected(key.error());
  const auto signature = key->sign(hsm::api::order_statement(*document));
  if (!signature) return std::unexpected(signature.error());
  return base::base64url_encode(*signature);
}

Result<void> wipe(Shell& shell, const Given& given) {
  CONCLAVE_TRY(require_yes(given.yes, "all that the service left on " + given.device));
  const auto target = of_device(shell, given, "/orders");
  const auto prepared = shell.call("POST", target, json::object{{"kind", hsm::api::kWipe}});
  if (!prepared) return std::unexpected(prepared.error());
  const auto document = text_of(*prepared, "document");
  const auto signature = signature_over(shell, given, document);
  if (!signature) return std::unexpected(signature.error());
  return shell.request("POST", target,
                       json::object{{"document", document}, {"signature", *signature}}, kOrder);
}

Result<void> countersign(Shell& shell, const Given& given) {
  CONCLAVE_TRY(require_yes(given.yes, "all that the service left on " + given.device));
  const auto target = of_device(shell, given, "/orders");
  const auto found = shell.call("GET", target, std::nullopt);
  if (!found) return std::unexpected(found.error());
  const auto* list = found->if_contains("orders");
  if (list == nullptr || !list->is_array()) return fail(kOrderNotSigned, "no orders");
  for (const auto& each : list->as_array()) {
    if (!each.is_object() || text_of(each.as_object(), "order") != given.order) continue;
    const auto signature = signature_over(shell, given, text_of(each.as_object(), "document"));
    if (!signature) return std::unexpected(signature.error());
    return shell.request("POST", target + "/" + encoded(given.order) + "/signature",
                         json::object{{"signature", *signature}}, kOrder);
  }
  return fail(kOrderNotSigned, "no order " + given.order + " to this device");
}

}  // namespace

void add_order_commands(CLI::App& app, Shell& shell) {
  CLI::App* device = app.get_subcommand("device");
  const auto given = std::make_shared<Given>();
  const auto command = [&](const char* name, const char* help,
                           Result<void> (*act)(Shell&, const Given&)) {
    CLI::App* out = add(device, shell, name, help, given, act);
    out->add_option("user", given->user, "id, local part or account")->required();
    out->add_option("device", given->device, "id of the device")->required();
    return out;
  };
  CLI::App* ban =
      command("ban", "revoke a device and keep it from coming back, for everybody",
              [](Shell& self, const Given& is) -> Result<void> {
                CONCLAVE_TRY(require_yes(is.yes, "the device " + is.device));
                return self.request("POST", of_device(self, is, "/ban"), std::nullopt, {});
              });
  command("unban", "lift a ban; the device enrols with a new key",
          [](Shell& self, const Given& is) {
            return self.request("DELETE", of_device(self, is, "/ban"), std::nullopt, {});
          });
  CLI::App* order =
      command("wipe", "order a device to wipe itself; a second admin countersigns", wipe);
  CLI::App* second =
      command("countersign", "the second admin's signature under an order", countersign);
  second->add_option("order", given->order, "o_…, from `device orders`")->required();
  for (CLI::App* each : {ban, order, second}) each->add_flag("--yes", given->yes, "I mean it");
  add(device, shell, "orders", "orders to a user's devices; --json shows the receipts", given,
      [](Shell& self, const Given& is) {
        return self.request("GET", of_user(self, is, "/orders"), std::nullopt, kOrders);
      })
      ->add_option("user", given->user, "id, local part or account")
      ->required();
  add(device, shell, "bans", "bans of a user's devices that hold", given,
      [](Shell& self, const Given& is) {
        return self.request("GET", of_user(self, is, "/bans"), std::nullopt, kBans);
      })
      ->add_option("user", given->user, "id, local part or account")
      ->required();
}

}  // namespace conclave::ctl
