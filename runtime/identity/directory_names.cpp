#include <algorithm>

#include "runtime/identity/directory.hpp"
#include "runtime/identity/directory_shelf.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::identity {

namespace {

constexpr std::size_t kOpenedAtOnce = 256;

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// True when a word of `text` starts with `query`; both folded. Words end at blanks and '.', '-',
// '_'.
bool word_starts_with(std::string_view text, std::string_view query) {
  if (text.starts_with(query)) return true;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char before = text[i - 1];
    const bool starts = before == ' ' || before == '.' || before == '-' || before == '_';
    if (starts && text.substr(i).starts_with(query)) return true;
  }
  return false;
}

Task<Result<std::vector<Result<Bytes>>>> open_rows(hsm::api::KeyService& keys,
                                                   std::vector<hsm::api::RowItem> items) {
  co_return co_await async::await_callback<std::vector<Result<Bytes>>>(
      [&keys, &items](Callback<std::vector<Result<Bytes>>> done) {
        keys.open_rows(std::move(items), std::move(done));
      });
}

}  // namespace

Task<void> Directory::open_names(TenantId tenant, std::vector<UserId> users) {
  std::vector<UserId> asked;
  std::vector<hsm::api::RowItem> items;
  for (std::size_t i = 0; i < users.size(); ++i) {
    Shelf* place = shelf(tenant);
    if (place == nullptr) co_return;
    const User* found = user(tenant, users[i]);
    if (found != nullptr && !place->display_names.contains(users[i])) {
      if (found->display.sealed.empty()) {
        place->display_names[users[i]] = {};
      } else {
        asked.push_back(users[i]);
        items.push_back({tenant, users[i], std::string(kUserTable), base::to_text(users[i]),
                         std::string(kDisplayColumn), found->display.version,
                         found->display.sealed});
      }
    }
    if (items.empty() || (items.size() < kOpenedAtOnce && i + 1 < users.size())) continue;
    auto opened = co_await open_rows(keys_, std::exchange(items, {}));
    place = shelf(tenant);
    if (!opened || place == nullptr) co_return;
    for (std::size_t k = 0; k < asked.size() && k < opened->size(); ++k) {
      const auto& name = (*opened)[k];
      if (name) {
        place->display_names.try_emplace(asked[k], base::as_text(*name));
      } else {
        observe::warn("user.name_unreadable", {{"user", asked[k]}, {"error", name.error()}});
      }
    }
    asked.clear();
  }
}

Task<std::vector<UserView>> Directory::describe(TenantId tenant, std::vector<UserId> users) {
  co_await open_names(tenant, users);
  std::vector<UserView> out;
  const Shelf* place = shelf(tenant);
  if (place == nullptr) co_return out;
  for (const UserId id : users) {
    const User* found = user(tenant, id);
    if (found == nullptr) continue;
    UserView view{id,          account_of(*found), found->name,
                  found->kind, found->state,       roles_of(tenant, id)};
    const auto name = place->display_names.find(id);
    if (name != place->display_names.end() && !name->second.empty()) {
      view.display_name = name->second;
    }
    out.push_back(std::move(view));
  }
  co_return out;
}

Task<std::optional<UserView>> Directory::describe_one(TenantId tenant, UserId user) {
  std::vector<UserView> views = co_await describe(tenant, {user});
  if (views.empty()) co_return std::nullopt;
  co_return std::move(views.front());
}

Task<std::vector<UserView>> Directory::search(Actor actor, std::string query, std::size_t limit) {
  std::vector<UserView> out;
  query = folded(query);
  if (actor.roles.has(Role::guest) || query.empty()) co_return out;
  std::vector<UserId> candidates;
  for (const User* found : users(actor.tenant)) {
    if (found->state == UserState::active && !found->damaged) candidates.push_back(found->id);
  }
  co_await open_names(actor.tenant, candidates);
  const Shelf* place = shelf(actor.tenant);
  if (place == nullptr) co_return out;
  std::vector<UserId> hits;
  for (const UserId id : candidates) {
    if (hits.size() >= limit) break;
    const User* found = user(actor.tenant, id);
    const auto name = place->display_names.find(id);
    const bool by_name = found != nullptr && word_starts_with(found->name, query);
    const bool by_display =
        name != place->display_names.end() && word_starts_with(folded(name->second), query);
    if (by_name || by_display) hits.push_back(id);
  }
  co_return co_await describe(actor.tenant, std::move(hits));
}

Task<std::vector<std::string>> Directory::device_names(TenantId tenant,
                                                       std::vector<DeviceId> devices) {
  std::vector<DeviceId> asked;
  std::vector<hsm::api::RowItem> items;
  Shelf* place = shelf(tenant);
  for (const DeviceId id : devices) {
    const Device* found = device(tenant, id);
    if (found == nullptr || place->device_names.contains(id) || found->name.sealed.empty())
      continue;
    asked.push_back(id);
    items.push_back({tenant, found->user, std::string(kDeviceTable), base::to_text(id),
                     std::string(kNameColumn), found->name.version, found->name.sealed});
  }
  if (!items.empty()) {
    auto opened = co_await open_rows(keys_, std::move(items));
    place = shelf(tenant);
    for (std::size_t i = 0; opened && place != nullptr && i < asked.size(); ++i) {
      const auto& name = (*opened)[i];
      if (name) place->device_names.try_emplace(asked[i], base::as_text(*name));
    }
  }
  std::vector<std::string> out;
  for (const DeviceId id : devices) {
    const bool known = place != nullptr && place->device_names.contains(id);
    out.push_back(known ? place->device_names.at(id) : std::string());
  }
  co_return out;
}

}  // namespace conclave::identity
