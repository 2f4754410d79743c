// The byte-range locks of one file [MS-FSA] 2.1.4.10, 2.1.5.8.
#ifndef SLUICE_SERVER_FS_BYTE_RANGE_LOCKS_H_
#define SLUICE_SERVER_FS_BYTE_RANGE_LOCKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::fs {

class OpenFile;

struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;

  // False where the last byte would lie beyond 2^64 - 1.
  bool valid() const { return length == 0 || offset <= UINT64_MAX - (length - 1); }
};

// A range of no bytes lies between two bytes: it overlaps a range that has bytes on both sides of
// it, and nothing else. REQUIRES: both valid.
bool Overlap(const ByteRange& one, const ByteRange& other);

struct HeldLock {
  ByteRange range;
  bool exclusive = false;
};

// Not thread-safe: guarded by its node's mutex.
class ByteRangeLocks {
 public:
  // False where it conflicts with a lock that is held. A shared lock may lie on the owner's own
  // exclusive one; nothing may lie on an exclusive lock otherwise, nor an exclusive lock on any.
  bool Add(const OpenFile* owner, const ByteRange& range, bool exclusive);
  // Releases the lock of exactly this range, an exclusive one before the shared ones stacked on it.
  // False where there is none.
  bool Remove(const OpenFile* owner, const ByteRange& range);
  // Releases all of an open's locks; gives their number.
  size_t RemoveAll(const OpenFile* owner);

  // Whether `owner` may read or write these bytes now. Reading stops at others' exclusive locks;
  // writing also at every shared one, the writer's own included.
  bool MayRead(const OpenFile* owner, const ByteRange& range) const;
  bool MayWrite(const OpenFile* owner, const ByteRange& range) const;

  bool empty() const { return locks_.empty(); }
  size_t size() const { return locks_.size(); }
  // By this open.
  size_t Count(const OpenFile* owner) const;
  std::vector<HeldLock> Of(const OpenFile* owner) const;

 private:
  struct Lock {
    const OpenFile* owner;
    ByteRange range;
    bool exclusive;
  };

  std::vector<Lock> locks_;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_BYTE_RANGE_LOCKS_H_
