#include "server/session/session_table.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sluice::session {
namespace {

// There are clients that keep 32 bits of a session id only.
constexpr uint64_t kIdMax = 0xFFFFFFFF;

}  // namespace

uint64_t SessionTable::Reserve() {
  for (;;) {
    const uint64_t id = random_.Next64() & kIdMax;
    if (id == 0 || id == kIdMax) continue;
    Shard& place = shard(id);
    const std::lock_guard<std::mutex> lock(place.mutex);
    if (place.entries.try_emplace(id).second) return id;
  }
}

void SessionTable::Publish(SessionInfo info, std::weak_ptr<Session> session) {
  Shard& place = shard(info.id);
  const std::lock_guard<std::mutex> lock(place.mutex);
  const auto it = place.entries.find(info.id);
  assert(it != place.entries.end());
  if (it == place.entries.end()) return;
  if (!std::exchange(it->second.published, true)) {
    published_.fetch_add(1, std::memory_order_relaxed);
  }
  it->second.info = std::move(info);
  it->second.session = std::move(session);
}

void SessionTable::NoteEncryption(uint64_t id) {
  Shard& place = shard(id);
  const std::lock_guard<std::mutex> lock(place.mutex);
  const auto it = place.entries.find(id);
  if (it != place.entries.end()) it->second.info.encrypted = true;
}

void SessionTable::Remove(uint64_t id) {
  Shard& place = shard(id);
  const std::lock_guard<std::mutex> lock(place.mutex);
  const auto it = place.entries.find(id);
  if (it == place.entries.end()) return;
  if (it->second.published) published_.fetch_sub(1, std::memory_order_relaxed);
  place.entries.erase(it);
}

bool SessionTable::FindPrevious(uint64_t previous_id, uint64_t current_id, absl::string_view user,
                                SessionHandle* handle) const {
  if (previous_id == 0 || previous_id == current_id) return false;
  const Shard& place = shard(previous_id);
  const std::lock_guard<std::mutex> lock(place.mutex);
  const auto it = place.entries.find(previous_id);
  if (it == place.entries.end() || !it->second.published) return false;
  const SessionInfo& info = it->second.info;
  if (info.guest || info.anonymous || absl::string_view(info.user) != user) return false;
  *handle = {info.loop_index, info.connection_id, it->second.session};
  return true;
}

bool SessionTable::Find(uint64_t id, SessionHandle* handle) const {
  const Shard& place = shard(id);
  const std::lock_guard<std::mutex> lock(place.mutex);
  const auto it = place.entries.find(id);
  if (it == place.entries.end() || !it->second.published) return false;
  const SessionInfo& info = it->second.info;
  *handle = {info.loop_index, info.connection_id, it->second.session};
  return true;
}

std::vector<SessionInfo> SessionTable::List() const {
  std::vector<SessionInfo> list;
  for (const Shard& place : shards_) {
    const std::lock_guard<std::mutex> lock(place.mutex);
    for (const auto& [id, entry] : place.entries) {
      if (entry.published) list.push_back(entry.info);
    }
  }
  std::sort(list.begin(), list.end(), [](const SessionInfo& a, const SessionInfo& b) {
    return a.started_wall_nanos != b.started_wall_nanos
               ? a.started_wall_nanos < b.started_wall_nanos
               : a.id < b.id;
  });
  return list;
}

size_t SessionTable::size() const {
  size_t count = 0;
  for (const Shard& place : shards_) {
    const std::lock_guard<std::mutex> lock(place.mutex);
    count += static_cast<size_t>(
        std::count_if(place.entries.begin(), place.entries.end(),
                      [](const auto& entry) { return entry.second.published; }));
  }
  return count;
}

size_t SessionTable::OpenCount() const {
  size_t opens = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard<std::mutex> lock(shard.mutex);
    for (const auto& [id, entry] : shard.entries) {
      if (entry.published && entry.info.opens != nullptr) {
        opens += entry.info.opens->load(std::memory_order_relaxed);
      }
    }
  }
  return opens;
}

}  // namespace sluice::session
