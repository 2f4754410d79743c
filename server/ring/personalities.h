// The credentials registered with one ring: a personality for each set of them.
#ifndef SLUICE_SERVER_RING_PERSONALITIES_H_
#define SLUICE_SERVER_RING_PERSONALITIES_H_

#include <cstddef>
#include <cstdint>
#include <map>

#include "server/base/identity.h"
#include "server/ring/ring.h"

namespace sluice::ring {

// Credentials are registered when an operation first needs them, and stay registered while any
// operation that uses them is in flight, and then until their place is needed: an operation that is
// queued by number never runs as whoever got the number next. Loop thread only.
class Personalities {
 public:
  // How many stay registered beside those in use. A registered one costs the kernel its groups.
  static constexpr size_t kKept = 1024;

  // Keeps one registered until Release(). Without a destructor, so that operations, which are
  // temporaries of coroutines, have none either.
  class Pin {
   public:
    void Release() {
      if (uses_ != nullptr) --*uses_;
      uses_ = nullptr;
    }

   private:
    friend class Personalities;
    size_t* uses_ = nullptr;
  };

  // `ring` outlives it.
  explicit Personalities(Ring& ring, size_t kept = kKept);
  Personalities(const Personalities&) = delete;
  Personalities& operator=(const Personalities&) = delete;

  // The personality of `who`, registered until `*pin`, which was free, is released; 0, the
  // process's own, where the process cannot act for others at all. -errno where the kernel refuses
  // the credentials or has no place for them: never the process's rights instead of the user's.
  int Acquire(const base::Identity& who, Pin* pin);

  size_t size() const { return entries_.size(); }

 private:
  struct Less {
    bool operator()(const base::Identity& a, const base::Identity& b) const;
  };
  struct Entry {
    uint16_t personality = 0;
    size_t uses = 0;         // operations in flight
    uint64_t last_used = 0;  // by uses_
  };

  int Register(const base::Identity& who);
  // Unregisters the one that has been out of use longest. False where all are in use.
  bool Evict();

  Ring& ring_;
  const size_t kept_;
  const bool acts_for_others_;
  uint64_t uses_ = 0;                              // so far
  std::map<base::Identity, Entry, Less> entries_;  // entries stay where they are
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_PERSONALITIES_H_
