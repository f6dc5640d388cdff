#include "runtime/chat/content_keys.hpp"

#include <algorithm>
#include <cstring>

#include "hsm/api/errors.hpp"
#include "runtime/chat/gather.hpp"

namespace conclave::chat {

using hsm::api::ContentKeyName;
using hsm::api::KeyId;
using hsm::api::KeyRef;

std::size_t ContentKeys::NameHash::operator()(const Name& name) const noexcept {
  return std::hash<RoomKey>{}(name.room) ^ (std::hash<UserId>{}(name.author) * 3) ^ name.generation;
}

std::size_t ContentKeys::IdHash::operator()(const KeyId& id) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, id.data(), sizeof halves);
  return halves[0] * 0x9e3779b97f4a7c15ULL ^ halves[1];
}

ContentKeys::Name ContentKeys::name_of(const ContentKeyName& name) {
  return {{name.tenant, name.room}, name.author, name.generation};
}

ContentKey& ContentKeys::add(ContentKeyName name, KeyId id, Bytes blob, bool stored) {
  auto key = std::make_unique<ContentKey>();
  key->name = name;
  key->id = id;
  key->blob = std::move(blob);
  key->stored = stored;
  ContentKey& out = *key;
  by_id_[id] = &out;
  by_name_[name_of(name)] = std::move(key);
  return out;
}

void ContentKeys::load(const store::ContentKeyRow& row) {
  KeyId id{};
  if (row.key_id.size() != id.size()) return;
  std::ranges::copy(row.key_id, id.begin());
  add({row.tenant, row.room, row.author, row.generation}, id, row.blob, true);
}

ContentKey* ContentKeys::find(const KeyId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void ContentKeys::set_ref(ContentKey& key, KeyRef ref) {
  key.ref = ref;
  if (key.loaded) {
    uses_.splice(uses_.begin(), uses_, key.use);
    return;
  }
  key.loaded = true;
  uses_.push_front(&key);
  key.use = uses_.begin();
  if (uses_.size() > kLoadedLimit) drop_ref(*uses_.back());
}

void ContentKeys::drop_ref(ContentKey& key) {
  if (!key.loaded) return;
  key.loaded = false;
  uses_.erase(key.use);
}

void ContentKeys::forget(const std::vector<ContentKey*>& keys) {
  for (ContentKey* key : keys) drop_ref(*key);
}

void ContentKeys::forget_room(const RoomKey& room) {
  for (auto it = by_name_.begin(); it != by_name_.end();) {
    if (it->first.room == room) {
      drop_ref(*it->second);
      by_id_.erase(it->second->id);
      it = by_name_.erase(it);
    } else {
      ++it;
    }
  }
}

Task<std::vector<Result<void>>> ContentKeys::load_refs(std::vector<ContentKey*> keys) {
  std::vector<Result<void>> out(keys.size());
  std::vector<std::size_t> asked;
  std::vector<KeyId> ids;
  std::vector<std::move_only_function<void(Callback<KeyRef>)>> calls;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i]->loaded) {
      uses_.splice(uses_.begin(), uses_, keys[i]->use);
      continue;
    }
    asked.push_back(i);
    ids.push_back(keys[i]->id);
    calls.emplace_back([this, name = keys[i]->name, id = keys[i]->id,
                        blob = keys[i]->blob](Callback<KeyRef> done) mutable {
      keys_.open_content_key(name, id, std::move(blob), std::move(done));
    });
  }
  auto answers = co_await gather<KeyRef>(std::move(calls));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) {
      out[asked[i]] = std::unexpected(answers[i].error());
    } else if (ContentKey* key = find(ids[i]); key != nullptr) {
      set_ref(*key, *answers[i]);
    } else {  // its room was deleted while keyd answered
      out[asked[i]] = fail(hsm::api::kKeyDestroyed);
    }
  }
  co_return out;
}

Task<Result<void>> ContentKeys::create_missing(std::vector<ContentKeyName> names) {
  std::vector<std::move_only_function<void(Callback<hsm::api::NewContentKey>)>> calls;
  for (const ContentKeyName& name : names) {
    calls.emplace_back(
        [this, name](auto done) { keys_.create_content_key(name, std::move(done)); });
  }
  auto answers = co_await gather<hsm::api::NewContentKey>(std::move(calls));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) co_return std::unexpected(answers[i].error());
    ContentKey& key = add(names[i], answers[i]->id, std::move(answers[i]->blob), false);
    set_ref(key, answers[i]->ref);
  }
  co_return Result<void>{};
}

Task<Result<std::vector<ContentKey*>>> ContentKeys::ensure(std::vector<ContentKeyName> names) {
  std::vector<ContentKeyName> missing;
  for (const auto& name : names) {
    if (!by_name_.contains(name_of(name))) missing.push_back(name);
  }
  if (!missing.empty()) {
    if (auto made = co_await create_missing(std::move(missing)); !made) {
      co_return std::unexpected(made.error());
    }
  }
  std::vector<ContentKey*> out;
  for (const auto& name : names) out.push_back(by_name_.at(name_of(name)).get());
  const auto loaded = co_await load_refs(out);
  for (const auto& each : loaded) {
    if (!each) co_return std::unexpected(each.error());
  }
  co_return out;
}

Task<Result<std::vector<Result<Bytes>>>> ContentKeys::open(std::vector<Bytes> segments) {
  std::vector<Result<Bytes>> out(segments.size(), Result<Bytes>(fail(hsm::api::kKeyDestroyed)));
  std::vector<std::size_t> waiting;
  std::vector<KeyId> ids(segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto view = hsm::api::parse_segment(segments[i]);
    if (!view) {
      out[i] = std::unexpected(view.error());
      continue;
    }
    ids[i] = view->header.content_key;
    if (find(ids[i]) != nullptr) waiting.push_back(i);
  }
  // Twice: keyd may have forgotten keys that we believe to be loaded.
  for (int attempt = 0; attempt < 2 && !waiting.empty(); ++attempt) {
    std::vector<ContentKey*> keys;
    std::erase_if(waiting, [&](std::size_t i) { return find(ids[i]) == nullptr; });
    for (const std::size_t i : waiting) {
      ContentKey* key = find(ids[i]);
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    }
    const auto loaded = co_await load_refs(keys);
    for (const auto& each : loaded) {
      if (!each && !each.error().is(hsm::api::kKeyDestroyed) &&
          !each.error().is(hsm::api::kSealBroken)) {
        co_return std::unexpected(each.error());
      }
    }
    std::vector<hsm::api::OpenItem> items;
    std::vector<std::size_t> asked;
    for (const std::size_t i : waiting) {
      const ContentKey* const key = find(ids[i]);
      if (key == nullptr || !key->loaded) continue;
      items.push_back({key->ref, segments[i]});
      asked.push_back(i);
    }
    if (items.empty()) break;
    auto answers = co_await async::await_callback<std::vector<Result<Bytes>>>(
        [&](auto done) { keys_.open(std::move(items), std::move(done)); });
    if (!answers) co_return std::unexpected(answers.error());
    waiting.clear();
    for (std::size_t i = 0; i < asked.size(); ++i) {
      out[asked[i]] = std::move((*answers)[i]);
      if (out[asked[i]] || !out[asked[i]].error().is(hsm::api::kKeyRefStale)) continue;
      waiting.push_back(asked[i]);
      if (ContentKey* key = find(ids[asked[i]]); key != nullptr) drop_ref(*key);
    }
  }
  co_return out;
}

}  // namespace conclave::chat
