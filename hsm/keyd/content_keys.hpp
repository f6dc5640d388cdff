#pragma once

#include "hsm/keyring/keyring.hpp"

namespace conclave::hsm::keyd {

// A loaded content key with what it may be used for.
struct ContentKey {
  api::ContentKeyName name;
  api::KeyId id{};
  pkcs11::KeyHandle key{};
  std::uint32_t seals = 0;
};

// The content keys that conclaved holds references to: at most `capacity`, least recently used out
// first. References start at a random number in every process, so that one from before a restart is
// stale and never another key. On the token's thread.
class ContentKeys {
 public:
  ContentKeys(std::size_t capacity, std::uint64_t first_ref,
              std::function<void(pkcs11::KeyHandle)> release)
      : next_ref_(first_ref),
        keys_(capacity, [this, release = std::move(release)](const ContentKey& key) {
          by_id_.erase(id_text(key.id));
          release(key.key);
        }) {}

  // Null: kKeyRefStale.
  ContentKey* find(api::KeyRef ref) { return keys_.find(ref.value); }

  // The reference of a key that is loaded already, if its names are the same.
  std::optional<api::KeyRef> loaded(const api::ContentKeyName& name, const api::KeyId& id) {
    const auto found = by_id_.find(id_text(id));
    if (found == by_id_.end()) return std::nullopt;
    const auto* key = keys_.find(found->second);
    if (key == nullptr || !same(key->name, name)) return std::nullopt;
    return api::KeyRef{found->second};
  }

  api::KeyRef put(const api::ContentKeyName& name, const api::KeyId& id, pkcs11::KeyHandle key) {
    const auto ref = next_ref_++;
    keys_.put(ref, ContentKey{name, id, key, 0});
    by_id_[id_text(id)] = ref;
    return {ref};
  }

  template <class Matches>
  void drop_if(Matches matches) {
    keys_.drop_if([&](std::uint64_t, const ContentKey& key) { return matches(key.name); });
  }

  void forget() {
    keys_.forget();
    by_id_.clear();
  }

  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  static std::string id_text(const api::KeyId& id) { return {id.begin(), id.end()}; }
  static bool same(const api::ContentKeyName& a, const api::ContentKeyName& b) {
    return a.tenant == b.tenant && a.room == b.room && a.author == b.author &&
           a.generation == b.generation;
  }

  std::uint64_t next_ref_;
  std::unordered_map<std::string, std::uint64_t> by_id_;
  keyring::HandleCache<std::uint64_t, ContentKey> keys_;
};

}  // namespace conclave::hsm::keyd
