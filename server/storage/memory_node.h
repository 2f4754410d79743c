// The files and directories of the memory backend.
//
// Two kinds of locks, always taken in this order: the tree's mutex guards every name (children,
// parents, link counts), each node's own guards its contents and attributes. Neither is held over
// anything that waits.
#ifndef SLUICE_SERVER_STORAGE_MEMORY_NODE_H_
#define SLUICE_SERVER_STORAGE_MEMORY_NODE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/base/clock.h"
#include "server/base/identity.h"
#include "server/storage/backend.h"

namespace sluice::storage::memory {

inline constexpr uint64_t kChunkBytes = 64u << 10;
// What a node itself counts for against the limit.
inline constexpr uint64_t kNodeBytes = 1024;

// How much memory the share may still take. Thread-safe.
class Space {
 public:
  explicit Space(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  bool Take(uint64_t bytes);
  void GiveBack(uint64_t bytes) { used_.fetch_sub(bytes); }
  uint64_t bytes_max() const { return bytes_max_; }
  uint64_t used() const { return used_.load(); }

 private:
  const uint64_t bytes_max_;
  std::atomic<uint64_t> used_{0};
};

class Node {
 public:
  Node(std::shared_ptr<Space> space, base::Clock& clock, const Stat& stat);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  FileType type() const { return type_; }

  // Contents and attributes; each takes the node's lock. Errors are -errno.
  int64_t Read(absl::Span<uint8_t> out, uint64_t offset);
  int64_t Write(absl::Span<const uint8_t> data, uint64_t offset);
  int Truncate(uint64_t bytes);
  int Allocate(uint64_t bytes);
  int Zero(uint64_t offset, uint64_t bytes, bool deallocate);
  std::vector<DataRange> FindData(uint64_t offset, uint64_t bytes, size_t ranges_max);
  Stat GetStat();  // without `links`
  void SetTimes(const int64_t* accessed, const int64_t* modified);
  void SetMode(uint32_t mode);
  void SetOwner(uint32_t uid, uint32_t gid);
  Result<std::string> GetXattr(absl::string_view name);
  int SetXattr(absl::string_view name, absl::string_view value);
  int RemoveXattr(absl::string_view name);
  std::vector<std::string> ListXattrs();
  // A directory's names have changed.
  void Touch();
  // Only the attributes: a name of the file has come or gone.
  void TouchChanged();

  // The tree's mutex guards these.
  std::map<std::string, std::shared_ptr<Node>> children;
  Node* parent = nullptr;  // of a directory; null for the root and for what was removed
  uint32_t links = 1;
  std::string link_target;  // of a symlink; never changes

 private:
  using Chunk = std::unique_ptr<uint8_t[]>;

  int EnsureChunks(uint64_t begin, uint64_t end);
  void MarkChanged(int64_t now);

  const std::shared_ptr<Space> space_;
  base::Clock& clock_;
  const FileType type_;

  std::shared_mutex mutex_;
  Stat stat_;
  std::vector<Chunk> chunks_;  // null: zeros
  std::map<std::string, std::string> xattrs_;
  uint64_t xattr_bytes_ = 0;
};

}  // namespace sluice::storage::memory

#endif  // SLUICE_SERVER_STORAGE_MEMORY_NODE_H_
