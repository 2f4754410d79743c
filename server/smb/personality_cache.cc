#include "server/smb/personality_cache.h"

#include <utility>

#include "server/ring/credentials.h"

namespace sluice::smb {

std::shared_ptr<const base::Identity> PersonalityCache::Register(base::Identity identity,
                                                                 int* error) {
  *error = 0;
  identity.personalities.clear();
  if (!ring::CanChangeCredentials()) {
    return std::make_shared<const base::Identity>(std::move(identity));
  }
  const Key key(identity.uid, identity.gid, identity.groups);
  auto entry = entries_.find(key);
  if (entry == entries_.end()) {
    if (entries_.size() >= kEntriesKept) Evict();
    int personality = loop_.RegisterPersonality(identity);
    if (personality < 0) {
      Evict();
      personality = loop_.RegisterPersonality(identity);
    }
    if (personality < 0) {
      *error = personality;
      return nullptr;
    }
    entry = entries_.emplace(key, Entry{static_cast<uint16_t>(personality), 0}).first;
  }
  ++entry->second.users;
  identity.personalities.assign(loop_.index() + 1, 0);
  identity.personalities[loop_.index()] = entry->second.personality;
  return std::shared_ptr<const base::Identity>(new base::Identity(std::move(identity)),
                                               [users = &entry->second.users](auto* gone) {
                                                 delete gone;
                                                 --*users;
                                               });
}

void PersonalityCache::Evict() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (entry->second.users != 0) {
      ++entry;
      continue;
    }
    loop_.UnregisterPersonality(entry->second.personality);
    entry = entries_.erase(entry);
  }
}

}  // namespace sluice::smb
