#pragma once

#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/chat/model.hpp"
#include "runtime/store/rows.hpp"

namespace conclave::chat {

struct ContentKey {
  hsm::api::ContentKeyName name;
  hsm::api::KeyId id{};
  Bytes blob;
  hsm::api::KeyRef ref;
  bool loaded = false;
  bool stored = false;                   // its row is on disk
  std::list<ContentKey*>::iterator use;  // valid while loaded
};

// Names of content keys, their wrapped blobs and which of them are loaded in keyd (at most
// kLoadedLimit, the least recently used is forgotten first). On the shard's thread.
class ContentKeys {
 public:
  static constexpr std::size_t kLoadedLimit = 4'096;

  explicit ContentKeys(hsm::api::KeyService& keys) : keys_(keys) {}

  void load(const store::ContentKeyRow& row);
  // The key of this name, loaded; made when there is none. Its row must be stored no later than
  // what is sealed with it.
  Task<Result<std::vector<ContentKey*>>> ensure(std::vector<hsm::api::ContentKeyName> names);
  // Opens whole segments; one answer each. kKeyDestroyed: unreadable for good. An error of the
  // whole call means that the token could not be asked.
  Task<Result<std::vector<Result<Bytes>>>> open(std::vector<Bytes> segments);
  [[nodiscard]] ContentKey* find(const hsm::api::KeyId& id) const;
  // Refs that keyd no longer knows; the next ensure() or open() loads them again.
  void forget(const std::vector<ContentKey*>& keys);
  void forget_room(const RoomKey& room);

 private:
  struct Name {
    RoomKey room;
    UserId author;
    std::uint32_t generation = 0;
    friend auto operator<=>(const Name&, const Name&) = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const noexcept;
  };
  struct IdHash {
    std::size_t operator()(const hsm::api::KeyId& id) const noexcept;
  };
  static Name name_of(const hsm::api::ContentKeyName& name);

  Task<Result<void>> create_missing(std::vector<hsm::api::ContentKeyName> names);
  // Loads those that are not; one answer each.
  Task<std::vector<Result<void>>> load_refs(std::vector<ContentKey*> keys);
  ContentKey& add(hsm::api::ContentKeyName name, hsm::api::KeyId id, Bytes blob, bool stored);
  void set_ref(ContentKey& key, hsm::api::KeyRef ref);
  void drop_ref(ContentKey& key);

  hsm::api::KeyService& keys_;
  std::unordered_map<Name, std::unique_ptr<ContentKey>, NameHash> by_name_;
  std::unordered_map<hsm::api::KeyId, ContentKey*, IdHash> by_id_;
  std::list<ContentKey*> uses_;  // most recently used first
};

}  // namespace conclave::chat
