#include "runtime/sync/user_states.hpp"

#include <algorithm>

#include "hsm/api/errors.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/sync/errors.hpp"

namespace conclave::sync {
namespace {

constexpr std::string_view kInternalPrefixes[] = {"presence.", "location."};
constexpr std::uint32_t kReadLimit = 500;

bool is_internal(std::string_view key) {
  return std::ranges::any_of(kInternalPrefixes,
                             [&](std::string_view prefix) { return key.starts_with(prefix); });
}

Result<void> check_key(std::string_view key) {
  if (key.size() > 128) return fail(kStateKeyInvalid);
  std::string_view rest;
  for (const std::string_view prefix : {"settings.", "draft.", "mute."}) {
    if (key.starts_with(prefix)) rest = key.substr(prefix.size());
  }
  if (rest.empty()) return fail(kStateKeyInvalid);
  const bool name = std::ranges::all_of(rest, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
  if (!name) return fail(kStateKeyInvalid);
  if (!key.starts_with("settings.")) {
    if (!base::parse_id<RoomId>(rest)) return fail(kStateKeyInvalid);
  }
  return {};
}

hsm::api::RowItem row_item(const store::UserStateRow& row, Bytes content) {
  return {row.tenant, row.user, "user_state", row.key, "value", row.version, std::move(content)};
}

}  // namespace

Task<Result<void>> UserStates::set(identity::Actor actor, std::string key, std::string value) {
  if (auto good = check_key(key); !good) co_return good;
  if (value.size() > kValueBytes) co_return fail(kStateTooLarge);
  co_return co_await put(actor.tenant, actor.user, actor.session, std::move(key), std::move(value),
                         false);
}

Task<Result<void>> UserStates::remove(identity::Actor actor, std::string key) {
  if (auto good = check_key(key); !good) co_return good;
  co_return co_await put(actor.tenant, actor.user, actor.session, std::move(key), {}, true);
}

Task<Result<void>> UserStates::put(TenantId tenant, UserId user, SessionId from, std::string key,
                                   std::string value, bool deleted) {
  auto old = co_await async::await_callback<std::optional<store::UserStateRow>>(
      [&](auto done) { parts_.store.read_user_state_key(tenant, user, key, std::move(done)); });
  if (!old) co_return std::unexpected(old.error());
  const bool lives = old->has_value() && !(*old)->deleted;
  if (deleted && !lives) co_return fail(kStateNotFound, key);
  if (!deleted && !lives) {
    const auto rows = co_await read_all(tenant, user);
    if (!rows) co_return std::unexpected(rows.error());
    if (rows->size() >= kKeysPerUser) co_return fail(kStateLimit);
  }
  store::UserStateRow row{
      tenant, user, std::move(key), 0, old->has_value() ? (*old)->version + 1 : 1, deleted, {}};
  if (!deleted) {
    auto sealed = co_await async::await_callback<std::vector<Bytes>>([&](auto done) {
      parts_.keys.seal_rows({row_item(row, base::to_bytes(value))}, std::move(done));
    });
    if (!sealed) co_return std::unexpected(sealed.error());
    row.value_sealed = std::move(sealed->front());
  }
  co_return co_await commit(std::move(row), from, std::move(value));
}

Task<Result<void>> UserStates::commit(store::UserStateRow row, SessionId from, std::string value) {
  StateChanged event{row.key, std::move(value), row.deleted, 0};
  auto pos = std::make_shared<std::uint64_t>(0);  // shared by the two callbacks below
  const TenantId tenant = row.tenant;
  const UserId user = row.user;
  co_return co_await async::await_callback<void>([&](Callback<void> done) {
    parts_.ledger.commit(
        [&row, pos, tenant](Ledger::Positions& positions) {
          row.pos = *pos = positions.next(tenant);
          store::Transaction out;
          out.push_back(store::PutUserState{std::move(row)});
          return out;
        },
        // Published here and not after the await: events leave in the order of their positions. To
        // the device that asked as well, so that of two writes all devices keep the later one.
        [this, event = std::move(event), pos, tenant, user, from,
         done = std::move(done)](Result<void> result) mutable {
          event.pos = *pos;
          if (result && from) parts_.hub.publish_to_user(event, tenant, user);
          done(std::move(result));
        });
  });
}

Task<Result<UserStates::Rows>> UserStates::read_all(TenantId tenant, UserId user) {
  Rows out;
  std::uint64_t after = 0;
  while (true) {
    auto page = co_await async::await_callback<Rows>([&](auto done) {
      parts_.store.read_user_state(tenant, user, after, kReadLimit, std::move(done));
    });
    if (!page) co_return std::unexpected(page.error());
    const bool last = page->size() < kReadLimit;
    if (!page->empty()) after = page->back().pos;
    for (auto& row : *page) {
      if (!row.deleted) out.push_back(std::move(row));
    }
    if (last) co_return out;
  }
}

Task<Result<std::vector<UserStateView>>> UserStates::open(Rows rows) {
  std::vector<hsm::api::RowItem> items;
  for (auto& row : rows) {
    if (!row.deleted) items.push_back(row_item(row, std::move(row.value_sealed)));
  }
  std::vector<Result<Bytes>> opened;
  if (!items.empty()) {
    auto answer = co_await async::await_callback<std::vector<Result<Bytes>>>(
        [&](auto done) { parts_.keys.open_rows(std::move(items), std::move(done)); });
    if (!answer) co_return std::unexpected(answer.error());
    opened = std::move(*answer);
  }
  std::vector<UserStateView> out;
  std::size_t next = 0;
  for (auto& row : rows) {
    UserStateView view{std::move(row.key), {}, row.deleted, row.pos};
    if (!row.deleted) {
      auto& value = opened[next++];
      if (!value) {
        // A destroyed key or a damaged row: the rest of the person's state stays usable.
        observe::warn("state.unreadable", {{"user", row.user}, {"error", value.error()}});
        continue;
      }
      view.value = std::string(base::as_text(*value));
    }
    out.push_back(std::move(view));
  }
  co_return out;
}

Task<Result<UserStateView>> UserStates::get(identity::Actor actor, std::string key) {
  if (auto good = check_key(key); !good) co_return std::unexpected(good.error());
  auto row = co_await async::await_callback<std::optional<store::UserStateRow>>([&](auto done) {
    parts_.store.read_user_state_key(actor.tenant, actor.user, key, std::move(done));
  });
  if (!row) co_return std::unexpected(row.error());
  if (!row->has_value() || (*row)->deleted) co_return fail(kStateNotFound, key);
  Rows rows;
  rows.push_back(std::move(**row));
  auto views = co_await open(std::move(rows));
  if (!views) co_return std::unexpected(views.error());
  if (views->empty()) co_return fail(hsm::api::kKeyDestroyed);
  co_return std::move(views->front());
}

Task<Result<UserStatePage>> UserStates::list(identity::Actor actor, std::string after,
                                             std::size_t limit) {
  auto rows = co_await read_all(actor.tenant, actor.user);
  if (!rows) co_return std::unexpected(rows.error());
  std::erase_if(*rows, [&](const auto& row) { return is_internal(row.key) || row.key <= after; });
  std::ranges::sort(*rows, {}, &store::UserStateRow::key);
  UserStatePage page;
  if (rows->size() > limit) {
    rows->resize(limit);
    page.next = rows->back().key;
  }
  auto views = co_await open(std::move(*rows));
  if (!views) co_return std::unexpected(views.error());
  page.states = std::move(*views);
  co_return page;
}

Task<Result<UserStateChanges>> UserStates::changed(TenantId tenant, UserId user,
                                                   std::uint64_t after, std::uint64_t through,
                                                   std::size_t limit) {
  UserStateChanges out;
  Rows kept;
  while (true) {
    auto page = co_await async::await_callback<Rows>([&](auto done) {
      parts_.store.read_user_state(tenant, user, after, kReadLimit, std::move(done));
    });
    if (!page) co_return std::unexpected(page.error());
    const bool last = page->size() < kReadLimit;
    for (auto& row : *page) {
      after = row.pos;
      if (row.pos > through || kept.size() == limit) break;
      out.complete_through = row.pos;
      if (!is_internal(row.key)) kept.push_back(std::move(row));
    }
    if (last && kept.size() < limit) out.complete_through = through;
    if (last || after > through || kept.size() == limit) break;
  }
  auto views = co_await open(std::move(kept));
  if (!views) co_return std::unexpected(views.error());
  out.states = std::move(*views);
  co_return out;
}

Task<Result<void>> UserStates::set_internal(TenantId tenant, UserId user, std::string key,
                                            std::string value) {
  const bool deleted = value.empty();
  auto stored = co_await put(tenant, user, SessionId{}, std::move(key), std::move(value), deleted);
  if (!stored && stored.error().is(kStateNotFound)) co_return Result<void>{};
  co_return stored;
}

Task<Result<std::optional<std::string>>> UserStates::get_internal(TenantId tenant, UserId user,
                                                                  std::string key) {
  auto row = co_await async::await_callback<std::optional<store::UserStateRow>>(
      [&](auto done) { parts_.store.read_user_state_key(tenant, user, key, std::move(done)); });
  if (!row) co_return std::unexpected(row.error());
  if (!row->has_value() || (*row)->deleted) co_return std::optional<std::string>{};
  Rows rows;
  rows.push_back(std::move(**row));
  auto views = co_await open(std::move(rows));
  if (!views) co_return std::unexpected(views.error());
  if (views->empty()) co_return std::optional<std::string>{};
  co_return std::optional(std::move(views->front().value));
}

Task<Result<std::vector<UserStateView>>> UserStates::list_internal(TenantId tenant, UserId user,
                                                                   std::string prefix) {
  auto rows = co_await read_all(tenant, user);
  if (!rows) co_return std::unexpected(rows.error());
  std::erase_if(*rows, [&](const auto& row) { return !row.key.starts_with(prefix); });
  co_return co_await open(std::move(*rows));
}

}  // namespace conclave::sync
