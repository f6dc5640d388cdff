#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "hsm/pkcs11/token.hpp"

namespace conclave::hsm::keyring {

// Least-recently-used session keys: each costs the token 8 KiB, so there is a bound. What falls out
// is released in the token. One thread.
template <class Name, class Entry, class Hash = std::hash<Name>>
class HandleCache {
 public:
  // `release` is called for each entry that leaves.
  HandleCache(std::size_t capacity, std::function<void(const Entry&)> release)
      : capacity_(capacity), release_(std::move(release)) {}

  // Null when absent; otherwise the newest entry from now on. Valid until the next put() or drop.
  Entry* find(const Name& name) {
    const auto found = index_.find(name);
    if (found == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
  }

  Entry& put(const Name& name, Entry entry) {
    drop(name);
    if (order_.size() >= capacity_) drop(Name(order_.back().first));
    order_.emplace_front(name, std::move(entry));
    index_[name] = order_.begin();
    return order_.front().second;
  }

  void drop(const Name& name) {
    const auto found = index_.find(name);
    if (found == index_.end()) return;
    release_(found->second->second);
    order_.erase(found->second);
    index_.erase(found);
  }

  template <class Matches>
  void drop_if(Matches matches) {
    for (auto item = order_.begin(); item != order_.end();) {
      const auto current = item++;
      if (matches(current->first, current->second)) drop(Name(current->first));
    }
  }

  // Without releasing: the session that held the keys is gone.
  void forget() {
    index_.clear();
    order_.clear();
  }

  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  using Order = std::list<std::pair<Name, Entry>>;
  std::size_t capacity_;
  std::function<void(const Entry&)> release_;
  Order order_;  // newest first
  std::unordered_map<Name, typename Order::iterator, Hash> index_;
};

}  // namespace conclave::hsm::keyring
