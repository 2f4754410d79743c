#include "server/ring/personalities.h"

#include "server/ring/credentials.h"

namespace sluice::ring {

Personalities::Personalities(Ring& ring, size_t kept)
    : ring_(ring), kept_(kept), acts_for_others_(CanChangeCredentials()) {}

bool Personalities::Less::operator()(const base::Identity& a, const base::Identity& b) const {
  if (a.uid != b.uid) return a.uid < b.uid;
  if (a.gid != b.gid) return a.gid < b.gid;
  return a.groups < b.groups;
}

int Personalities::Acquire(const base::Identity& who, Pin* pin) {
  if (!acts_for_others_) return 0;
  auto entry = entries_.find(who);
  if (entry == entries_.end()) {
    if (entries_.size() >= kept_) Evict();
    int personality = Register(who);
    // The kernel may have no place although there is one here.
    if (personality < 0 && Evict()) personality = Register(who);
    if (personality < 0) return personality;
    entry = entries_.emplace(who, Entry{.personality = static_cast<uint16_t>(personality)}).first;
  }
  entry->second.last_used = ++uses_;
  ++entry->second.uses;
  pin->uses_ = &entry->second.uses;
  return entry->second.personality;
}

int Personalities::Register(const base::Identity& who) {
  const ScopedCredentials credentials(&who);
  if (credentials.error() != 0) return credentials.error();
  return ring_.RegisterPersonality();
}

bool Personalities::Evict() {
  auto oldest = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->second.uses != 0) continue;
    if (oldest == entries_.end() || entry->second.last_used < oldest->second.last_used) {
      oldest = entry;
    }
  }
  if (oldest == entries_.end()) return false;
  ring_.UnregisterPersonality(oldest->second.personality);
  entries_.erase(oldest);
  return true;
}

}  // namespace sluice::ring
