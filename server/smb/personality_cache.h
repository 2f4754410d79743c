// The credentials registered with one loop's ring: one personality for each set of credentials.
#ifndef SLUICE_SERVER_SMB_PERSONALITY_CACHE_H_
#define SLUICE_SERVER_SMB_PERSONALITY_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "server/base/identity.h"
#include "server/ring/loop.h"

namespace sluice::smb {

// Loop thread only; the identities that it gives out are destroyed there too, before the cache.
class PersonalityCache {
 public:
  explicit PersonalityCache(ring::Loop& loop) : loop_(loop) {}

  // `identity` with its personality on this loop; -errno in `error` and null where the ring has no
  // place for another one. A personality stays registered as long as an identity uses it, and then
  // until its place is needed.
  std::shared_ptr<const base::Identity> Register(base::Identity identity, int* error);

 private:
  using Key = std::tuple<uint32_t, uint32_t, std::vector<uint32_t>>;
  struct Entry {
    uint16_t personality = 0;
    size_t users = 0;
  };

  // Unregisters those that nobody uses.
  void Evict();

  static constexpr size_t kEntriesKept = 1024;

  ring::Loop& loop_;
  std::map<Key, Entry> entries_;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_PERSONALITY_CACHE_H_
