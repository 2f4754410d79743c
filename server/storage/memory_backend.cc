#include "server/storage/memory_backend.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "server/storage/memory_node.h"

namespace sluice::storage {
namespace {

using memory::Node;
using memory::Space;
using ring::Task;

// As the kernel's.
constexpr int kLinksFollowedMax = 40;
constexpr size_t kNameBytesMax = 255;
constexpr size_t kPathBytesMax = 4095;
constexpr size_t kEntriesPerRead = 512;

// The names of a share. Lives as long as the backend or any of its files.
class Tree {
 public:
  Tree(base::Clock& clock, uint64_t bytes_max);
  ~Tree();

  // What a path leads to. `directory` and `leaf` are where the last component lies, for making or
  // removing it; null for the root itself. `node` is null if only that is there.
  struct Place {
    Node* directory = nullptr;
    std::string leaf;
    std::shared_ptr<Node> node;
  };
  // 0 or -errno. REQUIRES: mutex.
  int Find(absl::string_view path, bool no_follow, Place* out);
  // REQUIRES: mutex.
  Result<std::shared_ptr<Node>> Add(const base::Identity& who, Node* directory,
                                    const std::string& leaf, FileType type, uint32_t mode);
  Stat StatOf(Node& node);

  std::mutex mutex;
  Space& space() { return *space_; }
  uint64_t device() const { return device_; }

 private:
  int Step(std::deque<std::string>* rest, bool no_follow, int* links, Node** at, Place* out);

  base::Clock& clock_;
  const std::shared_ptr<Space> space_;
  const uint64_t device_;
  uint64_t next_inode_ = 2;
  std::shared_ptr<Node> root_;
};

// Devices above those of real file systems tell the shares of a process apart.
std::atomic<uint64_t> next_device{uint64_t{1} << 40};

Tree::Tree(base::Clock& clock, uint64_t bytes_max)
    : clock_(clock), space_(std::make_shared<Space>(bytes_max)), device_(next_device++) {
  Stat stat;
  stat.device = device_;
  stat.inode = 1;
  stat.type = FileType::kDirectory;
  stat.mode = 0777;
  space_->Take(memory::kNodeBytes);
  root_ = std::make_shared<Node>(space_, clock_, stat);
  root_->links = 2;
}

// Deep trees must not recurse on the stack.
Tree::~Tree() {
  std::vector<std::shared_ptr<Node>> doomed = {std::move(root_)};
  while (!doomed.empty()) {
    const std::shared_ptr<Node> node = std::move(doomed.back());
    doomed.pop_back();
    for (auto& [name, child] : node->children) doomed.push_back(std::move(child));
    node->children.clear();
  }
}

int Tree::Step(std::deque<std::string>* rest, bool no_follow, int* links, Node** at, Place* out) {
  const std::string name = std::move(rest->front());
  rest->pop_front();
  if ((*at)->type() != FileType::kDirectory) return -ENOTDIR;
  if (name.size() > kNameBytesMax) return -ENAMETOOLONG;
  if (name.empty() || name == ".") return 0;
  if (name == "..") {
    if (*at == root_.get()) return -EXDEV;
    *at = (*at)->parent;
    *out = Place{};
    return *at != nullptr ? 0 : -ENOENT;
  }
  out->directory = *at;
  out->leaf = name;
  const auto found = (*at)->children.find(name);
  if (found == (*at)->children.end()) {
    out->node = nullptr;
    return rest->empty() ? 0 : -ENOENT;
  }
  out->node = found->second;
  if (out->node->type() == FileType::kSymlink && !(no_follow && rest->empty())) {
    if (++*links > kLinksFollowedMax) return -ELOOP;
    const std::string& target = out->node->link_target;
    if (target[0] == '/') return -EXDEV;
    std::vector<std::string> components = absl::StrSplit(target, '/');
    rest->insert(rest->begin(), components.begin(), components.end());
    return 0;
  }
  if (out->node->type() == FileType::kDirectory || !rest->empty()) *at = out->node.get();
  return 0;
}

int Tree::Find(absl::string_view path, bool no_follow, Place* out) {
  *out = Place{};
  if (path.size() > kPathBytesMax) return -ENAMETOOLONG;
  if (path.find('\0') != absl::string_view::npos) return -EINVAL;
  if (!path.empty() && path[0] == '/') return -EXDEV;
  std::deque<std::string> rest;
  for (absl::string_view name : absl::StrSplit(path, '/')) rest.emplace_back(name);
  Node* at = root_.get();
  int links = 0;
  while (!rest.empty()) {
    if (const int error = Step(&rest, no_follow, &links, &at, out); error != 0) return error;
  }
  if (out->directory == nullptr) {
    // The root, or a directory reached by "..".
    if (at == root_.get()) {
      out->node = root_;
    } else {
      for (const auto& [name, child] : at->parent->children) {
        if (child.get() == at) *out = Place{at->parent, name, child};
      }
    }
  }
  return 0;
}

Result<std::shared_ptr<Node>> Tree::Add(const base::Identity& who, Node* directory,
                                        const std::string& leaf, FileType type, uint32_t mode) {
  if (!space_->Take(memory::kNodeBytes)) return Result<std::shared_ptr<Node>>::Error(-ENOSPC);
  Stat stat;
  stat.device = device_;
  stat.inode = next_inode_++;
  stat.type = type;
  stat.mode = mode & 07777;
  stat.uid = who.uid;
  stat.gid = who.gid;
  auto node = std::make_shared<Node>(space_, clock_, stat);
  if (type == FileType::kDirectory) {
    node->parent = directory;
    node->links = 2;
    ++directory->links;
  }
  directory->children[leaf] = node;
  directory->Touch();
  return node;
}

// REQUIRES: mutex.
Stat Tree::StatOf(Node& node) {
  Stat stat = node.GetStat();
  stat.links = node.links;
  return stat;
}

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<Tree> tree, std::shared_ptr<Node> node, OpenFlags flags,
             const Stat& stat)
      : tree_(std::move(tree)), node_(std::move(node)), flags_(flags) {
    opened_stat_ = stat;
  }

  Task<int64_t> Read(absl::Span<uint8_t> out, uint64_t offset) override {
    if (flags_.path_only || !flags_.read) co_return -EBADF;
    if (node_->type() == FileType::kDirectory) co_return -EISDIR;
    co_return offset > INT64_MAX ? -EINVAL : node_->Read(out, offset);
  }
  Task<int64_t> Write(absl::Span<const uint8_t> data, uint64_t offset) override {
    if (!writable()) co_return -EBADF;
    co_return node_->Write(data, offset);
  }
  Task<int> Sync() override { co_return flags_.path_only ? -EBADF : 0; }
  Task<int> Truncate(uint64_t bytes) override {
    co_return writable() ? node_->Truncate(bytes) : -EBADF;
  }
  Task<int> Allocate(uint64_t bytes) override {
    co_return writable() ? node_->Allocate(bytes) : -EBADF;
  }
  Task<int> Zero(uint64_t offset, uint64_t bytes, bool deallocate) override {
    co_return writable() ? node_->Zero(offset, bytes, deallocate) : -EBADF;
  }
  Task<Result<std::vector<DataRange>>> FindData(uint64_t offset, uint64_t bytes,
                                                size_t ranges_max) override {
    if (flags_.path_only) co_return Result<std::vector<DataRange>>::Error(-EBADF);
    co_return node_->FindData(offset, bytes, ranges_max);
  }
  Task<bool> CanPunchHoles() override { co_return node_->type() == FileType::kRegular; }
  Task<Result<Stat>> GetStat() override {
    std::lock_guard lock(tree_->mutex);
    co_return tree_->StatOf(*node_);
  }
  Task<int> SetTimes(const int64_t* accessed, const int64_t* modified, As) override {
    node_->SetTimes(accessed, modified);
    co_return 0;
  }
  Task<int> SetMode(uint32_t mode) override {
    if (node_->type() == FileType::kSymlink) co_return -EOPNOTSUPP;
    node_->SetMode(mode);
    co_return 0;
  }
  Task<int> SetOwner(uint32_t uid, uint32_t gid) override {
    node_->SetOwner(uid, gid);
    co_return 0;
  }
  Task<Result<std::string>> GetXattr(absl::string_view name, As) override {
    co_return node_->GetXattr(name);
  }
  Task<int> SetXattr(absl::string_view name, absl::string_view value, As) override {
    co_return node_->SetXattr(name, value);
  }
  Task<int> RemoveXattr(absl::string_view name, As) override { co_return node_->RemoveXattr(name); }
  Task<Result<std::vector<std::string>>> ListXattrs() override { co_return node_->ListXattrs(); }
  Task<Result<std::vector<DirectoryEntry>>> ReadDirectory(bool restart) override;
  Task<Result<std::vector<EntryStat>>> StatEntries(absl::Span<const DirectoryEntry> entries,
                                                   absl::string_view xattr) override;

 private:
  bool writable() const {
    return flags_.write && !flags_.path_only && node_->type() == FileType::kRegular;
  }
  std::string PathBelowRoot() const;  // REQUIRES: tree_->mutex

  const std::shared_ptr<Tree> tree_;
  const std::shared_ptr<Node> node_;
  const OpenFlags flags_;
  std::string last_read_;  // the tree's mutex
};

Task<Result<std::vector<DirectoryEntry>>> MemoryFile::ReadDirectory(bool restart) {
  using Entries = Result<std::vector<DirectoryEntry>>;
  if (flags_.path_only || !flags_.read) co_return Entries::Error(-EBADF);
  if (node_->type() != FileType::kDirectory) co_return Entries::Error(-ENOTDIR);
  std::lock_guard lock(tree_->mutex);
  if (restart) last_read_.clear();
  std::vector<DirectoryEntry> entries;
  for (auto at = node_->children.upper_bound(last_read_);
       at != node_->children.end() && entries.size() < kEntriesPerRead; ++at) {
    DirectoryEntry& entry = entries.emplace_back();
    entry.name = at->first;
    entry.inode = at->second->GetStat().inode;
    entry.type = at->second->type();
  }
  if (!entries.empty()) last_read_ = entries.back().name;
  co_return std::move(entries);
}

std::string MemoryFile::PathBelowRoot() const {
  std::string path;
  for (Node* at = node_.get(); at->parent != nullptr; at = at->parent) {
    for (const auto& [name, child] : at->parent->children) {
      if (child.get() != at) continue;
      path = path.empty() ? name : name + "/" + path;
      break;
    }
  }
  return path;
}

Task<Result<std::vector<EntryStat>>> MemoryFile::StatEntries(
    absl::Span<const DirectoryEntry> entries, absl::string_view xattr) {
  if (node_->type() != FileType::kDirectory) {
    co_return Result<std::vector<EntryStat>>::Error(-ENOTDIR);
  }
  std::lock_guard lock(tree_->mutex);
  std::vector<EntryStat> stats(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].name == "..") {
      stats[i].error = node_->parent == nullptr ? -EXDEV : 0;
      if (node_->parent != nullptr) stats[i].stat = tree_->StatOf(*node_->parent);
      continue;
    }
    const auto found = node_->children.find(entries[i].name);
    if (found == node_->children.end()) {
      stats[i].error = -ENOENT;
      continue;
    }
    const std::shared_ptr<Node>& node = found->second;
    stats[i].stat = tree_->StatOf(*node);
    if (node->type() == FileType::kSymlink) {
      const std::string directory = PathBelowRoot();
      Tree::Place place;
      const int error = tree_->Find(
          directory.empty() ? entries[i].name : directory + "/" + entries[i].name, false, &place);
      stats[i].leads_to_directory =
          error == 0 && place.node != nullptr && place.node->type() == FileType::kDirectory;
      continue;
    }
    if (xattr.empty()) continue;
    Result<std::string> value = node->GetXattr(xattr);
    if (value.ok()) stats[i].xattr = std::move(value.value());
  }
  co_return std::move(stats);
}

class MemoryBackend final : public Backend {
 public:
  MemoryBackend(base::Clock& clock, uint64_t bytes_max)
      : tree_(std::make_shared<Tree>(clock, bytes_max)) {}

  Task<Result<std::unique_ptr<File>>> Open(const base::Identity& who, absl::string_view path,
                                           OpenFlags flags) override;
  Task<Result<Stat>> GetStat(const base::Identity& who, absl::string_view path) override;
  Task<int> MakeDirectory(const base::Identity& who, absl::string_view path,
                          uint32_t mode) override;
  Task<int> Remove(const base::Identity& who, absl::string_view path, bool directory) override;
  Task<int> Rename(const base::Identity& who, absl::string_view from, absl::string_view to,
                   bool replace) override;
  Task<int> Link(const base::Identity& who, absl::string_view from, absl::string_view to) override;
  Task<int> MakeSymlink(const base::Identity& who, absl::string_view target,
                        absl::string_view path) override;
  Task<Result<std::string>> ReadSymlink(const base::Identity& who, absl::string_view path) override;
  bool punches_holes() const override { return true; }
  Task<int> CheckReach(const base::Identity&) override { co_return 0; }
  Task<Result<StatFs>> GetStatFs(const base::Identity& who) override;

 private:
  // The place of something to make: its parent is there, it is not.
  int FindNew(absl::string_view path, Tree::Place* out);
  static int CheckReplace(const Node& source, const Node& target);
  void Unlink(const Tree::Place& place);

  const std::shared_ptr<Tree> tree_;
};

Task<Result<std::unique_ptr<File>>> MemoryBackend::Open(const base::Identity& who,
                                                        absl::string_view path, OpenFlags flags) {
  using Opened = Result<std::unique_ptr<File>>;
  std::lock_guard lock(tree_->mutex);
  Tree::Place place;
  const bool no_follow = flags.no_follow || (flags.create && flags.exclusive);
  if (const int error = tree_->Find(path, no_follow, &place); error != 0) {
    co_return Opened::Error(error);
  }
  const bool create = flags.create && !flags.path_only;
  if (place.node != nullptr && create && flags.exclusive) co_return Opened::Error(-EEXIST);
  if (place.node == nullptr) {
    if (!create) co_return Opened::Error(-ENOENT);
    auto made = tree_->Add(who, place.directory, place.leaf, FileType::kRegular, flags.mode);
    if (!made.ok()) co_return Opened::Error(made.error());
    place.node = made.value();
  }
  const FileType type = place.node->type();
  if (flags.directory && type != FileType::kDirectory) co_return Opened::Error(-ENOTDIR);
  if (type == FileType::kSymlink && !flags.path_only) co_return Opened::Error(-ELOOP);
  if (type == FileType::kDirectory && flags.write) co_return Opened::Error(-EISDIR);
  const Stat stat = tree_->StatOf(*place.node);
  std::unique_ptr<File> file = std::make_unique<MemoryFile>(tree_, place.node, flags, stat);
  co_return std::move(file);
}

Task<Result<Stat>> MemoryBackend::GetStat(const base::Identity&, absl::string_view path) {
  std::lock_guard lock(tree_->mutex);
  Tree::Place place;
  int error = tree_->Find(path, true, &place);
  if (error == 0 && place.node == nullptr) error = -ENOENT;
  if (error != 0) co_return Result<Stat>::Error(error);
  co_return tree_->StatOf(*place.node);
}

int MemoryBackend::FindNew(absl::string_view path, Tree::Place* out) {
  if (const int error = tree_->Find(path, true, out); error != 0) return error;
  return out->node != nullptr ? -EEXIST : 0;
}

Task<int> MemoryBackend::MakeDirectory(const base::Identity& who, absl::string_view path,
                                       uint32_t mode) {
  std::lock_guard lock(tree_->mutex);
  Tree::Place place;
  if (const int error = FindNew(path, &place); error != 0) co_return error;
  co_return tree_->Add(who, place.directory, place.leaf, FileType::kDirectory, mode).error();
}

// Takes the name away; opens keep the node.
void MemoryBackend::Unlink(const Tree::Place& place) {
  place.directory->children.erase(place.leaf);
  place.directory->Touch();
  if (place.node->type() == FileType::kDirectory) {
    --place.directory->links;
    place.node->parent = nullptr;
    place.node->links = 0;
  } else {
    --place.node->links;
  }
  place.node->TouchChanged();
}

Task<int> MemoryBackend::Remove(const base::Identity&, absl::string_view path, bool directory) {
  std::lock_guard lock(tree_->mutex);
  Tree::Place place;
  if (const int error = tree_->Find(path, true, &place); error != 0) co_return error;
  if (place.node == nullptr) co_return -ENOENT;
  if (place.directory == nullptr) co_return -EBUSY;
  const bool is_directory = place.node->type() == FileType::kDirectory;
  if (directory != is_directory) co_return directory ? -ENOTDIR : -EISDIR;
  if (is_directory && !place.node->children.empty()) co_return -ENOTEMPTY;
  Unlink(place);
  co_return 0;
}

int MemoryBackend::CheckReplace(const Node& source, const Node& target) {
  const bool from_directory = source.type() == FileType::kDirectory;
  const bool to_directory = target.type() == FileType::kDirectory;
  if (from_directory != to_directory) return from_directory ? -ENOTDIR : -EISDIR;
  return target.children.empty() ? 0 : -ENOTEMPTY;
}

Task<int> MemoryBackend::Rename(const base::Identity&, absl::string_view from, absl::string_view to,
                                bool replace) {
  std::lock_guard lock(tree_->mutex);
  Tree::Place source;
  Tree::Place target;
  if (const int error = tree_->Find(from, true, &source); error != 0) co_return error;
  if (const int error = tree_->Find(to, true, &target); error != 0) co_return error;
  if (source.node == nullptr) co_return -ENOENT;
  if (source.directory == nullptr || target.directory == nullptr) co_return -EBUSY;
  for (Node* at = target.directory; at != nullptr; at = at->parent) {
    if (at == source.node.get()) co_return -EINVAL;
  }
  if (target.node != nullptr) {
    if (!replace) co_return -EEXIST;
    if (target.node == source.node) co_return 0;
    if (const int error = CheckReplace(*source.node, *target.node); error != 0) co_return error;
    Unlink(target);
  }
  source.directory->children.erase(source.leaf);
  source.directory->Touch();
  target.directory->children[target.leaf] = source.node;
  target.directory->Touch();
  if (source.node->type() == FileType::kDirectory) {
    --source.directory->links;
    ++target.directory->links;
    source.node->parent = target.directory;
  }
  source.node->TouchChanged();
  co_return 0;
}

Task<int> MemoryBackend::Link(const base::Identity&, absl::string_view from, absl::string_view to) {
  std::lock_guard lock(tree_->mutex);
  Tree::Place source;
  Tree::Place target;
  if (const int error = tree_->Find(from, true, &source); error != 0) co_return error;
  if (source.node == nullptr) co_return -ENOENT;
  if (const int error = FindNew(to, &target); error != 0) co_return error;
  if (source.node->type() == FileType::kDirectory) co_return -EPERM;
  target.directory->children[target.leaf] = source.node;
  target.directory->Touch();
  ++source.node->links;
  source.node->TouchChanged();
  co_return 0;
}

Task<int> MemoryBackend::MakeSymlink(const base::Identity& who, absl::string_view target,
                                     absl::string_view path) {
  if (target.empty() || target.size() > kPathBytesMax) co_return -EINVAL;
  if (target.find('\0') != absl::string_view::npos) co_return -EINVAL;
  std::lock_guard lock(tree_->mutex);
  Tree::Place place;
  if (const int error = FindNew(path, &place); error != 0) co_return error;
  auto made = tree_->Add(who, place.directory, place.leaf, FileType::kSymlink, 0777);
  if (!made.ok()) co_return made.error();
  made.value()->link_target = std::string(target);
  co_return 0;
}

Task<Result<std::string>> MemoryBackend::ReadSymlink(const base::Identity&,
                                                     absl::string_view path) {
  std::lock_guard lock(tree_->mutex);
  Tree::Place place;
  int error = tree_->Find(path, true, &place);
  if (error == 0 && place.node == nullptr) error = -ENOENT;
  if (error == 0 && place.node->type() != FileType::kSymlink) error = -EINVAL;
  if (error != 0) co_return Result<std::string>::Error(error);
  co_return place.node->link_target;
}

Task<Result<StatFs>> MemoryBackend::GetStatFs(const base::Identity&) {
  StatFs stat;
  const Space& space = tree_->space();
  stat.blocks_total = space.bytes_max() / stat.block_bytes;
  stat.blocks_free = (space.bytes_max() - space.used()) / stat.block_bytes;
  stat.blocks_available = stat.blocks_free;
  stat.id = tree_->device();
  stat.name_bytes_max = kNameBytesMax;
  co_return stat;
}

}  // namespace

std::unique_ptr<Backend> MakeMemoryBackend(base::Clock& clock, uint64_t bytes_max) {
  return std::make_unique<MemoryBackend>(clock, bytes_max);
}

}  // namespace sluice::storage
