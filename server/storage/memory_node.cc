#include "server/storage/memory_node.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::storage::memory {
namespace {

// The kernel's limits, which the other backend has.
constexpr size_t kXattrValueMax = 64u << 10;
constexpr size_t kXattrNameMax = 255;

}  // namespace

bool Space::Take(uint64_t bytes) {
  uint64_t used = used_.load();
  do {
    if (bytes > bytes_max_ || used > bytes_max_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes));
  return true;
}

Node::Node(std::shared_ptr<Space> space, base::Clock& clock, const Stat& stat)
    : space_(std::move(space)), clock_(clock), type_(stat.type), stat_(stat) {
  stat_.accessed = stat_.modified = stat_.changed = stat_.born = clock_.WallNanos() / kTickNanos;
}

Node::~Node() {
  uint64_t bytes = kNodeBytes + xattr_bytes_;
  for (const Chunk& chunk : chunks_) bytes += chunk != nullptr ? kChunkBytes : 0;
  space_->GiveBack(bytes);
}

// Change times only ever grow, so that a clock that stands still hides no change from a cache.
void Node::MarkChanged(int64_t now) { stat_.changed = std::max(now, stat_.changed + 1); }

int64_t Node::Read(absl::Span<uint8_t> out, uint64_t offset) {
  std::shared_lock lock(mutex_);
  if (offset >= stat_.size) return 0;
  const uint64_t bytes = std::min<uint64_t>(out.size(), stat_.size - offset);
  for (uint64_t done = 0; done < bytes;) {
    const uint64_t index = (offset + done) / kChunkBytes;
    const uint64_t within = (offset + done) % kChunkBytes;
    const uint64_t part = std::min(bytes - done, kChunkBytes - within);
    if (index < chunks_.size() && chunks_[index] != nullptr) {
      std::memcpy(out.data() + done, chunks_[index].get() + within, part);
    } else {
      std::memset(out.data() + done, 0, part);
    }
    done += part;
  }
  return static_cast<int64_t>(bytes);
}

int Node::EnsureChunks(uint64_t begin, uint64_t end) {
  const uint64_t last = (end - 1) / kChunkBytes;
  // The table of chunks is memory too: one pointer a chunk.
  if (last >= space_->bytes_max() / kChunkBytes) return -ENOSPC;
  if (chunks_.size() <= last) chunks_.resize(last + 1);
  for (uint64_t i = begin / kChunkBytes; i <= last; ++i) {
    if (chunks_[i] != nullptr) continue;
    if (!space_->Take(kChunkBytes)) return -ENOSPC;
    chunks_[i] = std::make_unique<uint8_t[]>(kChunkBytes);
    stat_.allocated += kChunkBytes;
  }
  return 0;
}

int64_t Node::Write(absl::Span<const uint8_t> data, uint64_t offset) {
  if (data.empty()) return 0;
  if (offset > INT64_MAX - data.size()) return -EFBIG;
  std::unique_lock lock(mutex_);
  if (const int error = EnsureChunks(offset, offset + data.size()); error != 0) return error;
  for (size_t done = 0; done < data.size();) {
    const uint64_t within = (offset + done) % kChunkBytes;
    const size_t part = std::min<uint64_t>(data.size() - done, kChunkBytes - within);
    std::memcpy(chunks_[(offset + done) / kChunkBytes].get() + within, data.data() + done, part);
    done += part;
  }
  stat_.size = std::max<uint64_t>(stat_.size, offset + data.size());
  stat_.modified = clock_.WallNanos() / kTickNanos;
  MarkChanged(stat_.modified);
  return static_cast<int64_t>(data.size());
}

int Node::Truncate(uint64_t bytes) {
  if (bytes > INT64_MAX) return -EFBIG;
  std::unique_lock lock(mutex_);
  const uint64_t kept = (bytes + kChunkBytes - 1) / kChunkBytes;
  for (uint64_t i = kept; i < chunks_.size(); ++i) {
    if (chunks_[i] == nullptr) continue;
    space_->GiveBack(kChunkBytes);
    stat_.allocated -= kChunkBytes;
  }
  if (chunks_.size() > kept) chunks_.resize(kept);
  const uint64_t within = bytes % kChunkBytes;
  if (within != 0 && chunks_.size() == kept && chunks_.back() != nullptr) {
    std::memset(chunks_.back().get() + within, 0, kChunkBytes - within);
  }
  stat_.size = bytes;
  stat_.modified = clock_.WallNanos() / kTickNanos;
  MarkChanged(stat_.modified);
  return 0;
}

int Node::Allocate(uint64_t bytes) {
  if (bytes == 0) return 0;
  std::unique_lock lock(mutex_);
  return EnsureChunks(0, bytes);
}

int Node::Zero(uint64_t offset, uint64_t bytes, bool deallocate) {
  std::unique_lock lock(mutex_);
  const uint64_t end = std::min(stat_.size, offset + std::min(bytes, UINT64_MAX - offset));
  while (offset < end) {
    const uint64_t within = offset % kChunkBytes;
    const uint64_t part = std::min(end - offset, kChunkBytes - within);
    const uint64_t index = offset / kChunkBytes;
    offset += part;
    if (index >= chunks_.size()) break;
    if (chunks_[index] == nullptr) continue;
    if (deallocate && part == kChunkBytes) {
      chunks_[index] = nullptr;
      space_->GiveBack(kChunkBytes);
      stat_.allocated -= kChunkBytes;
    } else {
      std::memset(chunks_[index].get() + within, 0, part);
    }
  }
  stat_.modified = clock_.WallNanos() / kTickNanos;
  MarkChanged(stat_.modified);
  return 0;
}

std::vector<DataRange> Node::FindData(uint64_t offset, uint64_t bytes, size_t ranges_max) {
  std::shared_lock lock(mutex_);
  std::vector<DataRange> found;
  const uint64_t table_end = chunks_.size() * kChunkBytes;
  const uint64_t end = std::min({stat_.size, table_end, offset + bytes});
  while (offset < end) {
    const uint64_t part = std::min(end - offset, kChunkBytes - offset % kChunkBytes);
    if (chunks_[offset / kChunkBytes] != nullptr) {
      if (!found.empty() && found.back().offset + found.back().bytes == offset) {
        found.back().bytes += part;
      } else if (found.size() == ranges_max) {
        break;
      } else {
        found.push_back({offset, part});
      }
    }
    offset += part;
  }
  return found;
}

Stat Node::GetStat() {
  std::shared_lock lock(mutex_);
  return stat_;
}

void Node::SetTimes(const int64_t* accessed, const int64_t* modified) {
  std::unique_lock lock(mutex_);
  if (accessed != nullptr) stat_.accessed = *accessed;
  if (modified != nullptr) stat_.modified = *modified;
  MarkChanged(clock_.WallNanos() / kTickNanos);
}

void Node::SetMode(uint32_t mode) {
  std::unique_lock lock(mutex_);
  stat_.mode = mode & 07777;
  MarkChanged(clock_.WallNanos() / kTickNanos);
}

void Node::SetOwner(uint32_t uid, uint32_t gid) {
  std::unique_lock lock(mutex_);
  if (uid != ~0u) stat_.uid = uid;
  if (gid != ~0u) stat_.gid = gid;
  MarkChanged(clock_.WallNanos() / kTickNanos);
}

Result<std::string> Node::GetXattr(absl::string_view name) {
  std::shared_lock lock(mutex_);
  const auto found = xattrs_.find(std::string(name));
  if (found == xattrs_.end()) return Result<std::string>::Error(-ENODATA);
  return found->second;
}

int Node::SetXattr(absl::string_view name, absl::string_view value) {
  if (type_ == FileType::kSymlink) return -EPERM;
  if (name.empty() || name.size() > kXattrNameMax) return -ERANGE;
  if (value.size() > kXattrValueMax) return -E2BIG;
  std::unique_lock lock(mutex_);
  std::string key(name);
  const auto found = xattrs_.find(key);
  const uint64_t before = found != xattrs_.end() ? key.size() + found->second.size() : 0;
  const uint64_t after = key.size() + value.size();
  if (after > before && !space_->Take(after - before)) return -ENOSPC;
  if (after < before) space_->GiveBack(before - after);
  xattr_bytes_ += after - before;
  xattrs_.insert_or_assign(std::move(key), std::string(value));
  MarkChanged(clock_.WallNanos() / kTickNanos);
  return 0;
}

int Node::RemoveXattr(absl::string_view name) {
  std::unique_lock lock(mutex_);
  const auto found = xattrs_.find(std::string(name));
  if (found == xattrs_.end()) return -ENODATA;
  const uint64_t bytes = found->first.size() + found->second.size();
  space_->GiveBack(bytes);
  xattr_bytes_ -= bytes;
  xattrs_.erase(found);
  MarkChanged(clock_.WallNanos() / kTickNanos);
  return 0;
}

std::vector<std::string> Node::ListXattrs() {
  std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, value] : xattrs_) names.push_back(name);
  return names;
}

void Node::Touch() {
  std::unique_lock lock(mutex_);
  stat_.modified = clock_.WallNanos() / kTickNanos;
  MarkChanged(stat_.modified);
}

void Node::TouchChanged() {
  std::unique_lock lock(mutex_);
  MarkChanged(clock_.WallNanos() / kTickNanos);
}

}  // namespace sluice::storage::memory
