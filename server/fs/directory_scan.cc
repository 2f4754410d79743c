#include "server/fs/directory_scan.h"

#include <algorithm>
#include <utility>

#include "server/fs/name_rules.h"
#include "server/fs/volume.h"

namespace sluice::fs {

using proto::NtStatus;
using ring::Task;
using storage::DirectoryEntry;
using storage::EntryStat;
using storage::Result;

namespace {

// Attributes of so many entries are asked for at once.
constexpr size_t kBatchMax = 256;

}  // namespace

void DirectoryScan::Restart(absl::string_view pattern) {
  pattern_ = Wildcard(pattern);
  literal_ = pattern_.is_literal() ? std::string(pattern) : std::string();
  started_ = true;
  restart_storage_ = true;
  dots_added_ = at_end_ = gave_any_ = false;
  names_.clear();
  ready_.clear();
  next_name_ = next_ready_ = 0;
}

Task<const ScannedEntry*> DirectoryScan::Peek(size_t wanted, NtStatus* status) {
  *status = NtStatus::kOk;
  while (next_ready_ == ready_.size()) {
    if (at_end_) co_return nullptr;
    ready_.clear();
    next_ready_ = 0;
    *status = co_await Fill(std::clamp<size_t>(wanted, 1, kBatchMax));
    if (*status != NtStatus::kOk) co_return nullptr;
  }
  co_return &ready_[next_ready_];
}

void DirectoryScan::Advance() {
  ++next_ready_;
  gave_any_ = true;
}

Task<NtStatus> DirectoryScan::Fill(size_t wanted) {
  if (!dots_added_) {
    dots_added_ = true;
    // No conditional expression of tasks: GCC 12 destroys its result twice.
    NtStatus status = NtStatus::kOk;
    if (literal_.empty()) {
      status = co_await AddDots();
    } else {
      status = co_await AddLiteral();
    }
    if (status != NtStatus::kOk || !ready_.empty()) co_return status;
  }
  if (next_name_ == names_.size()) {
    Result<std::vector<DirectoryEntry>> more =
        co_await open_->file->ReadDirectory(restart_storage_);
    restart_storage_ = false;
    if (!more.ok()) co_return proto::FromErrno(more.error());
    names_ = std::move(more.value());
    next_name_ = 0;
    at_end_ = names_.empty();
  }
  std::vector<DirectoryEntry> matching;
  std::vector<std::string> shown;
  while (next_name_ < names_.size() && matching.size() < wanted) {
    DirectoryEntry& entry = names_[next_name_++];
    std::string name = NameForClient(entry.name);
    if (!pattern_.Matches(name)) continue;
    shown.push_back(std::move(name));
    matching.push_back(std::move(entry));
  }
  if (matching.empty()) co_return NtStatus::kOk;
  Result<std::vector<EntryStat>> found =
      co_await open_->file->StatEntries(matching, kDosAttributeXattr);
  if (!found.ok()) co_return proto::FromErrno(found.error());
  for (size_t i = 0; i < matching.size() && i < found->size(); ++i) {
    // Gone since it was read.
    if (found.value()[i].error != 0) continue;
    Add(shown[i], matching[i].name, found.value()[i]);
  }
  co_return NtStatus::kOk;
}

void DirectoryScan::Add(absl::string_view name, absl::string_view on_disk, const EntryStat& found) {
  storage::Stat stat = found.stat;
  open_->volume->ApplyWriteTime(&stat);
  FileMetadata metadata = MakeMetadata(stat, found.xattr, on_disk);
  if (found.leads_to_directory) metadata.attributes |= kAttributeDirectory;
  ready_.push_back({std::string(name), std::move(metadata)});
}

// "." and "..", which is the directory itself in the root, whose parent is nobody's.
Task<NtStatus> DirectoryScan::AddDots() {
  FileMetadata self;
  const NtStatus status = co_await open_->volume->GetMetadata(*open_, &self);
  if (status != NtStatus::kOk) co_return status;
  if (pattern_.Matches(".")) ready_.push_back({".", self});
  if (!pattern_.Matches("..")) co_return NtStatus::kOk;
  const std::string path = open_->node->PathOf(*open_);
  const std::vector<DirectoryEntry> above = {DirectoryEntry{".."}};
  Result<std::vector<EntryStat>> found =
      co_await open_->file->StatEntries(above, kDosAttributeXattr);
  if (found.ok() && found->size() == 1 && found.value()[0].error == 0) {
    Add("..", LeafOf(ParentOf(path)), found.value()[0]);
    co_return NtStatus::kOk;
  }
  // The user may not know it: no id rather than a wrong one.
  if (!path.empty()) self.stat.inode = 0;
  ready_.push_back({"..", self});
  co_return NtStatus::kOk;
}

// A pattern that is one name costs one look when the case is right; else it is looked for among
// all.
Task<NtStatus> DirectoryScan::AddLiteral() {
  if (literal_ == "." || literal_ == "..") {
    at_end_ = true;
    co_return co_await AddDots();
  }
  // Nobody may call it that: it is shown, and found, under another name.
  if (!IsLegalName(literal_)) co_return NtStatus::kOk;
  const std::vector<DirectoryEntry> exact = {DirectoryEntry{literal_}};
  Result<std::vector<EntryStat>> found =
      co_await open_->file->StatEntries(exact, kDosAttributeXattr);
  if (!found.ok() || found->empty() || found.value()[0].error != 0) co_return NtStatus::kOk;
  Add(literal_, literal_, found.value()[0]);
  at_end_ = true;
  co_return NtStatus::kOk;
}

}  // namespace sluice::fs
