#include "hsm/keyd/service.hpp"

namespace conclave::hsm::keyd {
namespace {

Result<std::vector<api::KeyInfo>> keys_of(Service& service) {
  const auto created = service.keyring.file().token_keys();
  if (!created) return std::unexpected(created.error());
  const std::unordered_map<std::string, std::int64_t> times(created->begin(), created->end());
  auto described = service.token().describe();
  if (!described) return std::unexpected(std::move(described).error());
  std::vector<api::KeyInfo> keys;
  for (auto& key : *described) {
    const auto time = times.find(key.label);
    keys.push_back({key.label, key.type, key.mechanism, key.sensitive, key.extractable,
                    time == times.end() ? 0 : time->second});
  }
  std::ranges::sort(keys, {}, &api::KeyInfo::label);
  return keys;
}

}  // namespace

Result<void> status(Service& service, Call& call) {
  if (!call.in.done()) return malformed(call);
  const auto& facts = service.keeper.facts();
  api::TokenStatus out;
  out.ready = service.keeper.state() == TokenState::ready;
  out.reason = service.keeper.reason();
  out.module = service.options.config.keyd.module.string();
  out.manufacturer = facts.manufacturer;
  out.token_label = service.options.config.keyd.token_label;
  out.serial = facts.serial;
  out.warnings = facts.warnings;
  if (service.keeper.is_open()) {
    auto keys = keys_of(service);
    if (!keys) return std::unexpected(std::move(keys).error());
    out.keys = std::move(*keys);
  }
  out.counters = service.usage.totals();
  out.counters.emplace_back("content_keys.loaded", service.content_keys.size());
  write(call.out, out);
  return {};
}

}  // namespace conclave::hsm::keyd
