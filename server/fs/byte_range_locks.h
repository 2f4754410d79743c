// The byte-range locks of one file [MS-FSA] 2.1.4.10, 2.1.5.8.
//
// Exclusive and shared locks are kept apart, each kind in an AVL tree by (offset, length, owner).
// A node knows of the tree below it where its last range ends, and whether all of it belongs to one
// open. So "does any lock overlap" and "does any exclusive lock of another open overlap" take one
// way down the tree: the exclusive locks that overlap a range lie side by side, since they do not
// overlap each other, and what belongs wholly to the asking open is passed over as one.
// Each open's locks are linked, so that releasing all of them looks at no others.
#ifndef SLUICE_SERVER_FS_BYTE_RANGE_LOCKS_H_
#define SLUICE_SERVER_FS_BYTE_RANGE_LOCKS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace sluice::fs {

class OpenFile;
struct LockNode;

struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;

  bool operator==(const ByteRange&) const = default;
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

// Not thread-safe: guarded by its node's mutex. With n locks every method but RemoveAll() and Of()
// takes O(log n).
class ByteRangeLocks {
 public:
  ByteRangeLocks() = default;
  ~ByteRangeLocks();
  ByteRangeLocks(const ByteRangeLocks&) = delete;
  ByteRangeLocks& operator=(const ByteRangeLocks&) = delete;

  // Whether Add() would succeed.
  bool Fits(const OpenFile* owner, const ByteRange& range, bool exclusive) const;
  // False where it conflicts with a lock that is held. A shared lock may lie on the owner's own
  // exclusive one; nothing may lie on an exclusive lock otherwise, nor an exclusive lock on any.
  bool Add(const OpenFile* owner, const ByteRange& range, bool exclusive);
  // Releases the lock of exactly this range, an exclusive one before the shared ones stacked on it.
  // False where there is none.
  bool Remove(const OpenFile* owner, const ByteRange& range);
  // The same for one kind only.
  bool Remove(const OpenFile* owner, const ByteRange& range, bool exclusive);
  // Releases up to `max` of an open's locks, each in O(log n); gives their number.
  size_t RemoveAll(const OpenFile* owner, size_t max = std::numeric_limits<size_t>::max());

  // Whether `owner` may read or write these bytes now. Reading stops at others' exclusive locks;
  // writing also at every shared one, the writer's own included.
  bool MayRead(const OpenFile* owner, const ByteRange& range) const;
  bool MayWrite(const OpenFile* owner, const ByteRange& range) const;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  bool has_exclusive() const { return exclusive_ != nullptr; }
  // By this open.
  size_t Count(const OpenFile* owner) const;
  // Linear in their number.
  std::vector<HeldLock> Of(const OpenFile* owner) const;

 private:
  struct Owned {
    LockNode* first = nullptr;
    size_t count = 0;
  };

  LockNode*& RootOf(bool exclusive) { return exclusive ? exclusive_ : shared_; }
  // One of the node's locks; the last one takes the node with it.
  void Release(LockNode* node);

  LockNode* exclusive_ = nullptr;
  LockNode* shared_ = nullptr;
  size_t size_ = 0;
  absl::flat_hash_map<const OpenFile*, Owned> owners_;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_BYTE_RANGE_LOCKS_H_
