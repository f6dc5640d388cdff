#include "sdk/client/outbox.hpp"

#include <algorithm>

#include "sdk/client/errors.hpp"

namespace conclave::client {

Outbox::Outbox(const boost::json::array& stored, std::int64_t next_client_id)
    : next_client_id_(std::max<std::int64_t>(next_client_id, 1)) {
  for (const auto& value : stored) {
    const auto* object = value.if_object();
    const auto* method = object != nullptr ? object->if_contains("method") : nullptr;
    const auto* params = object != nullptr ? object->if_contains("params") : nullptr;
    if (method == nullptr || !method->is_string() || params == nullptr || !params->is_object()) {
      continue;
    }
    const auto* id = params->as_object().if_contains("client_id");
    if (id == nullptr || !id->is_int64()) continue;
    items_.push_back({id->as_int64(), std::string(method->as_string()), params->as_object()});
    next_client_id_ = std::max(next_client_id_, id->as_int64() + 1);
  }
}

Result<std::int64_t> Outbox::add(std::string method, boost::json::object params) {
  if (items_.size() >= kMost) return fail(kOutboxFull, std::to_string(kMost) + " are waiting");
  const std::int64_t id = next_client_id_++;
  params["client_id"] = id;
  items_.push_back({id, std::move(method), std::move(params)});
  return id;
}

const Outbox::Item* Outbox::next() {
  if (on_their_way_ >= kInFlight) return nullptr;
  const auto found =
      std::ranges::find_if(items_, [](const Item& item) { return !item.on_its_way; });
  if (found == items_.end()) return nullptr;
  found->on_its_way = true;
  ++on_their_way_;
  return &*found;
}

std::optional<std::string> Outbox::settle(std::int64_t client_id) {
  const auto found = std::ranges::find(items_, client_id, &Item::client_id);
  if (found == items_.end()) return std::nullopt;
  if (found->on_its_way) --on_their_way_;
  auto method = std::move(found->method);
  items_.erase(found);
  return method;
}

void Outbox::give_back(std::int64_t client_id) {
  const auto found = std::ranges::find(items_, client_id, &Item::client_id);
  if (found == items_.end() || !found->on_its_way) return;
  found->on_its_way = false;
  --on_their_way_;
}

void Outbox::connection_lost() {
  for (auto& item : items_) item.on_its_way = false;
  on_their_way_ = 0;
}

boost::json::array Outbox::stored() const {
  boost::json::array out;
  out.reserve(items_.size());
  for (const auto& item : items_) {
    out.push_back(boost::json::object{{"method", item.method}, {"params", item.params}});
  }
  return out;
}

}  // namespace conclave::client
