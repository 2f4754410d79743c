#include "server/fs/byte_range_locks.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "server/base/fs_limits.h"

namespace sluice::fs {
namespace {

// One past the range's end needs a 65th bit.
using Wide = unsigned __int128;

Wide End(const ByteRange& range) { return Wide{range.offset} + range.length; }

}  // namespace

// Locks of one kind, range and owner, which cannot be told apart.
struct LockNode {
  LockNode* left = nullptr;
  LockNode* right = nullptr;
  // The owner's other locks.
  LockNode* previous = nullptr;
  LockNode* next = nullptr;

  const OpenFile* owner = nullptr;
  ByteRange range;
  uint32_t count = 1;
  bool exclusive = false;

  // Of the tree below, this node included.
  int8_t height = 1;
  const OpenFile* only_owner = nullptr;  // null: there are several
  Wide end = 0;                          // the largest
};

static_assert(limits::locks_max * sizeof(LockNode) <= 64u << 20);

namespace {

bool Less(const LockNode& one, const LockNode& other) {
  if (one.range.offset != other.range.offset) return one.range.offset < other.range.offset;
  if (one.range.length != other.range.length) return one.range.length < other.range.length;
  return std::less<const OpenFile*>{}(one.owner, other.owner);
}

int HeightOf(const LockNode* node) { return node == nullptr ? 0 : node->height; }

void Update(LockNode* node) {
  node->height = static_cast<int8_t>(1 + std::max(HeightOf(node->left), HeightOf(node->right)));
  node->end = End(node->range);
  node->only_owner = node->owner;
  for (const LockNode* child : {node->left, node->right}) {
    if (child == nullptr) continue;
    node->end = std::max(node->end, child->end);
    if (child->only_owner != node->owner) node->only_owner = nullptr;
  }
}

LockNode* RotateRight(LockNode* node) {
  LockNode* const top = node->left;
  node->left = top->right;
  top->right = node;
  Update(node);
  Update(top);
  return top;
}

LockNode* RotateLeft(LockNode* node) {
  LockNode* const top = node->right;
  node->right = top->left;
  top->left = node;
  Update(node);
  Update(top);
  return top;
}

// The root of the tree after one of its sides has grown or shrunk by one level at most.
LockNode* Balance(LockNode* node) {
  Update(node);
  const int lean = HeightOf(node->left) - HeightOf(node->right);
  if (lean > 1) {
    LockNode* const left = node->left;
    if (HeightOf(left->left) < HeightOf(left->right)) node->left = RotateLeft(left);
    return RotateRight(node);
  }
  if (lean < -1) {
    LockNode* const right = node->right;
    if (HeightOf(right->right) < HeightOf(right->left)) node->right = RotateRight(right);
    return RotateLeft(node);
  }
  return node;
}

// These recurse as deep as the tree is high, which for limits::locks_per_file_max is 26.
LockNode* Insert(LockNode* at, LockNode* node) {
  if (at == nullptr) return node;
  LockNode*& side = Less(*node, *at) ? at->left : at->right;
  side = Insert(side, node);
  return Balance(at);
}

LockNode* TakeFirst(LockNode* at, LockNode** first) {
  if (at->left == nullptr) {
    *first = at;
    return at->right;
  }
  at->left = TakeFirst(at->left, first);
  return Balance(at);
}

// REQUIRES: `node` is in the tree.
LockNode* Erase(LockNode* at, const LockNode* node) {
  if (at != node) {
    LockNode*& side = Less(*node, *at) ? at->left : at->right;
    side = Erase(side, node);
    return Balance(at);
  }
  if (at->left == nullptr) return at->right;
  if (at->right == nullptr) return at->left;
  LockNode* top = nullptr;
  LockNode* const right = TakeFirst(at->right, &top);
  top->left = at->left;
  top->right = right;
  return Balance(top);
}

LockNode* Find(LockNode* at, const LockNode& key) {
  while (at != nullptr) {
    if (Less(key, *at)) {
      at = at->left;
    } else if (Less(*at, key)) {
      at = at->right;
    } else {
      return at;
    }
  }
  return nullptr;
}

// Where a range on the left ends behind the offset and none there overlaps, one begins at the end
// or behind it; so do all on the right then.
bool AnyOverlaps(const LockNode* at, const ByteRange& range) {
  while (at != nullptr) {
    if (Overlap(at->range, range)) return true;
    at = at->left != nullptr && at->left->end > range.offset ? at->left : at->right;
  }
  return false;
}

// REQUIRES: the tree is of exclusive locks.
bool AnyOfOthersOverlaps(const LockNode* at, const OpenFile* owner, const ByteRange& range) {
  if (at == nullptr || at->end <= range.offset || at->only_owner == owner) return false;
  if (AnyOfOthersOverlaps(at->left, owner, range)) return true;
  if (at->range.offset >= End(range)) return false;
  if (at->owner != owner && Overlap(at->range, range)) return true;
  return AnyOfOthersOverlaps(at->right, owner, range);
}

void DeleteTree(LockNode* at) {
  if (at == nullptr) return;
  DeleteTree(at->left);
  DeleteTree(at->right);
  delete at;
}

}  // namespace

bool Overlap(const ByteRange& one, const ByteRange& other) {
  return one.offset < End(other) && other.offset < End(one);
}

ByteRangeLocks::~ByteRangeLocks() {
  DeleteTree(exclusive_);
  DeleteTree(shared_);
}

bool ByteRangeLocks::Fits(const OpenFile* owner, const ByteRange& range, bool exclusive) const {
  if (exclusive) return !AnyOverlaps(exclusive_, range) && !AnyOverlaps(shared_, range);
  return !AnyOfOthersOverlaps(exclusive_, owner, range);
}

bool ByteRangeLocks::Add(const OpenFile* owner, const ByteRange& range, bool exclusive) {
  if (!Fits(owner, range, exclusive)) return false;
  LockNode*& root = RootOf(exclusive);
  LockNode key;
  key.owner = owner;
  key.range = range;
  key.exclusive = exclusive;
  Owned& owned = owners_[owner];
  if (LockNode* const same = Find(root, key); same != nullptr) {
    ++same->count;
  } else {
    auto node = std::make_unique<LockNode>(key);
    Update(node.get());
    node->next = owned.first;
    if (owned.first != nullptr) owned.first->previous = node.get();
    owned.first = node.get();
    root = Insert(root, node.release());
  }
  ++owned.count;
  ++size_;
  return true;
}

void ByteRangeLocks::Release(LockNode* node) {
  const auto found = owners_.find(node->owner);
  Owned& owned = found->second;
  --size_;
  --owned.count;
  if (--node->count > 0) return;
  if (node->previous != nullptr) node->previous->next = node->next;
  if (node->next != nullptr) node->next->previous = node->previous;
  if (owned.first == node) owned.first = node->next;
  LockNode*& root = RootOf(node->exclusive);
  root = Erase(root, node);
  delete node;
  if (owned.count == 0) owners_.erase(found);
}

bool ByteRangeLocks::Remove(const OpenFile* owner, const ByteRange& range) {
  return Remove(owner, range, true) || Remove(owner, range, false);
}

bool ByteRangeLocks::Remove(const OpenFile* owner, const ByteRange& range, bool exclusive) {
  LockNode key;
  key.owner = owner;
  key.range = range;
  LockNode* const node = Find(RootOf(exclusive), key);
  if (node == nullptr) return false;
  Release(node);
  return true;
}

size_t ByteRangeLocks::RemoveAll(const OpenFile* owner, size_t max) {
  size_t removed = 0;
  for (size_t left = std::min(max, Count(owner)); left > 0; --left) {
    Release(owners_.find(owner)->second.first);
    ++removed;
  }
  return removed;
}

bool ByteRangeLocks::MayRead(const OpenFile* owner, const ByteRange& range) const {
  return !AnyOfOthersOverlaps(exclusive_, owner, range);
}

bool ByteRangeLocks::MayWrite(const OpenFile* owner, const ByteRange& range) const {
  return !AnyOverlaps(shared_, range) && !AnyOfOthersOverlaps(exclusive_, owner, range);
}

size_t ByteRangeLocks::Count(const OpenFile* owner) const {
  const auto found = owners_.find(owner);
  return found == owners_.end() ? 0 : found->second.count;
}

std::vector<HeldLock> ByteRangeLocks::Of(const OpenFile* owner) const {
  std::vector<HeldLock> held;
  const auto found = owners_.find(owner);
  if (found == owners_.end()) return held;
  held.reserve(found->second.count);
  for (const LockNode* node = found->second.first; node != nullptr; node = node->next) {
    held.insert(held.end(), node->count, HeldLock{node->range, node->exclusive});
  }
  return held;
}

}  // namespace sluice::fs
