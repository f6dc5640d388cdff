// Commands that end a device: ban, wipe, and what became of orders.
#include <boost/json/array.hpp>
#include <cstdio>

#include "sdk/client/errors.hpp"
#include "sdk/client/terminal/commands.hpp"
#include "sdk/client/terminal/output.hpp"

namespace conclave::client::terminal {
namespace {

constexpr ErrorSpec kNotMeant{"usage", ErrorKind::invalid,
                              "This cannot be undone; say --yes when you mean it."};
constexpr ErrorSpec kNoDevice{"usage", ErrorKind::invalid,
                              "Name a device by its id (d_…); `conclave devices` lists yours."};

Result<DeviceId> named_device(const Request& request, bool needs_yes) {
  const auto device = base::parse_id<DeviceId>(request.text);
  if (!device) return fail(kNoDevice, request.text);
  if (needs_yes && !request.yes) return fail(kNotMeant, request.text);
  return *device;
}

std::string receipt_text(const json::object& order, std::string_view stage) {
  const auto* found = order.if_contains(stage);
  if (found == nullptr || !found->is_object()) return "-";
  const auto& receipt = found->as_object();
  std::string out = time_text(number_at(receipt, "time_ms")) + " " + string_at(receipt, "outcome");
  const auto report = string_at(receipt, "report");
  return report.empty() ? out : out + " (" + printable(report) + ")";
}

}  // namespace

Result<void> ban_device(const Request& request) {
  const auto device = named_device(request, true);
  if (!device) return std::unexpected(device.error());
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  auto answer = (*client)->call("device.ban", {{"device", request.text}}).get();
  if (!answer) return std::unexpected(std::move(answer).error());
  if (request.as_json) {
    print_json(*answer);
  } else {
    std::printf("%s is banned: its key and its hardware do not come back.\n", request.text.c_str());
  }
  return {};
}

Result<void> wipe_device(const Request& request) {
  const auto device = named_device(request, true);
  if (!device) return std::unexpected(device.error());
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  const auto order = (*client)->order_wipe(*device);
  if (!order) return std::unexpected(order.error());
  if (request.as_json) {
    print_json(*order);
  } else {
    std::printf(
        "%s is revoked and wipes itself as soon as it is reached (order %s).\n"
        "See what it signs for: conclave device orders\n",
        request.text.c_str(), string_at(*order, "order").c_str());
  }
  return {};
}

Result<void> device_orders(const Request& request) {
  json::object params;
  if (!request.text.empty()) {
    const auto device = named_device(request, false);
    if (!device) return std::unexpected(device.error());
    params["device"] = request.text;
  }
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  const auto answer = (*client)->call("order.list", std::move(params)).get();
  if (!answer) return std::unexpected(answer.error());
  std::vector<std::vector<std::string>> table{
      {"ORDER", "KIND", "DEVICE", "STATE", "GIVEN", "ARRIVED", "EXECUTED"}};
  for (const auto& value : array_at(*answer, "orders")) {
    const auto& order = value.as_object();
    if (request.as_json) print_json(order);
    table.push_back({string_at(order, "order"), string_at(order, "kind"),
                     string_at(order, "device"), string_at(order, "state"),
                     time_text(number_at(order, "created_ms")), receipt_text(order, "arrived"),
                     receipt_text(order, "executed")});
  }
  if (!request.as_json) print_table(table);
  return {};
}

}  // namespace conclave::client::terminal
