// A map of bounded size that forgets what was touched longest ago.
#ifndef SLUICE_SERVER_BASE_LRU_MAP_H_
#define SLUICE_SERVER_BASE_LRU_MAP_H_

#include <cstddef>
#include <list>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sluice::base {

// Not thread-safe.
template <typename Value>
class LruMap {
 public:
  // `capacity` of 1 at least.
  explicit LruMap(size_t capacity) : capacity_(capacity) {}

  // Null if it is not there. The pointer lives until the entry is forgotten.
  Value* Find(absl::string_view key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, it->second);
    return &it->second->second;
  }
  // Makes it where it is not there, at the price of the oldest.
  Value& FindOrAdd(absl::string_view key) {
    if (Value* const found = Find(key); found != nullptr) return *found;
    if (entries_.size() >= capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(std::string(key), Value());
    index_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }

  void Erase(absl::string_view key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return;
    const auto entry = it->second;
    index_.erase(it);
    entries_.erase(entry);
  }

  size_t size() const { return entries_.size(); }
  // The latest first.
  const std::list<std::pair<std::string, Value>>& entries() const { return entries_; }

 private:
  using Entries = std::list<std::pair<std::string, Value>>;

  const size_t capacity_;
  Entries entries_;
  // The keys are those of the entries, which do not move.
  absl::flat_hash_map<absl::string_view, typename Entries::iterator> index_;
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_LRU_MAP_H_
