#include "server/smb/open.h"

#include <utility>

#include "server/base/limits.h"

namespace sluice::smb {
namespace {

// The part of a FileId that no other open of this process has had.
std::atomic<uint64_t> next_persistent{1};

constexpr uint64_t VolatileId(uint32_t generation, size_t index) {
  return uint64_t{generation} << 32 | (index + 1);
}

}  // namespace

bool OpenTable::Insert(std::shared_ptr<Open> open, uint32_t tree_id) {
  if (size() >= limits::opens_per_session_max) return false;
  size_t index = first_free_;
  if (first_free_ == kNoSlot) {
    index = slots_.size();
    slots_.emplace_back();
  } else {
    first_free_ = slots_[index].next_free;
  }
  Slot& slot = slots_[index];
  open->id_.persistent = next_persistent.fetch_add(1, std::memory_order_relaxed);
  open->id_.volatile_id = VolatileId(slot.generation, index);
  open->tree_id_ = tree_id;
  open->session_locks_ = locks_;
  slot.open = std::move(open);
  size_->fetch_add(1, std::memory_order_relaxed);
  return true;
}

std::shared_ptr<Open> OpenTable::Find(proto::FileId id, uint32_t tree_id) const {
  const size_t index = static_cast<uint32_t>(id.volatile_id) - size_t{1};
  if (index >= slots_.size()) return nullptr;
  const std::shared_ptr<Open>& open = slots_[index].open;
  if (open == nullptr || open->id_.volatile_id != id.volatile_id ||
      open->id_.persistent != id.persistent || open->tree_id_ != tree_id) {
    return nullptr;
  }
  return open;
}

std::shared_ptr<Open> OpenTable::Remove(proto::FileId id) {
  const size_t index = static_cast<uint32_t>(id.volatile_id) - size_t{1};
  if (index >= slots_.size()) return nullptr;
  const Open* open = slots_[index].open.get();
  if (open == nullptr || open->id_.volatile_id != id.volatile_id ||
      open->id_.persistent != id.persistent) {
    return nullptr;
  }
  return Release(index);
}

std::shared_ptr<Open> OpenTable::Release(size_t index) {
  Slot& slot = slots_[index];
  std::shared_ptr<Open> open = std::move(slot.open);
  slot.open = nullptr;
  ++slot.generation;
  slot.next_free = first_free_;
  first_free_ = static_cast<uint32_t>(index);
  size_->fetch_sub(1, std::memory_order_relaxed);
  return open;
}

std::shared_ptr<Open> OpenTable::NextFrom(size_t* slot) const {
  while (*slot < slots_.size() && slots_[*slot].open == nullptr) ++*slot;
  return *slot < slots_.size() ? slots_[*slot].open : nullptr;
}

std::vector<std::shared_ptr<Open>> OpenTable::TakeTree(uint32_t tree_id) {
  std::vector<std::shared_ptr<Open>> taken;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].open != nullptr && slots_[i].open->tree_id_ == tree_id) {
      taken.push_back(Release(i));
    }
  }
  return taken;
}

std::vector<std::shared_ptr<Open>> OpenTable::TakeAll() {
  std::vector<std::shared_ptr<Open>> taken;
  taken.reserve(size());
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].open != nullptr) taken.push_back(Release(i));
  }
  return taken;
}

}  // namespace sluice::smb
