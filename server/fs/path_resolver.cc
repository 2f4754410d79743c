#include "server/fs/path_resolver.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "server/base/limits.h"
#include "server/fs/file_times.h"
#include "server/fs/name_cache.h"
#include "server/fs/name_rules.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;
using ring::Task;
using storage::OpenFlags;
using storage::Result;

Resolution Failed(NtStatus status) {
  Resolution resolution;
  resolution.status = status;
  return resolution;
}

// Errors of a lookup that say the same wherever on the way they happened.
NtStatus StatusOf(int error) {
  return error == -EOPNOTSUPP ? NtStatus::kAccessDenied : proto::FromErrno(error);
}

// A symlink that cannot be followed: it leaves the share, or turns in circles.
bool IsLinkError(int error) { return error == -EXDEV || error == -ELOOP; }

// There is no such directory on the way.
bool IsLost(int error) { return error == -ENOENT || error == -ENOTDIR || IsLinkError(error); }

// Whether a component has the form of what clients see of names that cannot be shown.
bool AnyMangled(absl::string_view path) {
  while (!path.empty()) {
    if (LooksMangled(LeafOf(path))) return true;
    path = ParentOf(path);
  }
  return false;
}

OpenFlags LookupFlags(bool no_follow) {
  OpenFlags flags;
  flags.path_only = true;
  flags.no_follow = no_follow;
  return flags;
}

// What a directory is opened with to learn its names.
OpenFlags ReadingFlags() {
  OpenFlags flags;
  flags.read = true;
  flags.directory = true;
  return flags;
}

}  // namespace

PathResolver::PathResolver(storage::Backend& backend, base::Clock& clock)
    : backend_(backend),
      clock_(clock),
      cache_(std::make_unique<NameCache>(limits::name_cache_bytes_max,
                                         limits::name_cache_directories_max)) {}

PathResolver::~PathResolver() = default;

Task<Resolution> PathResolver::Find(const base::Identity& who, absl::string_view path,
                                    bool no_follow) {
  Result<std::unique_ptr<storage::File>> opened =
      co_await backend_.Open(who, path, LookupFlags(no_follow));
  if (!opened.ok()) co_return co_await Explain(who, path, no_follow, opened.error());
  Resolution found;
  found.path = std::string(path);
  found.stat = opened.value()->opened_stat();
  co_return std::move(found);
}

Task<Resolution> PathResolver::Open(const base::Identity& who, absl::string_view path,
                                    OpenFlags flags) {
  Result<std::unique_ptr<storage::File>> opened = co_await backend_.Open(who, path, flags);
  Resolution found;
  found.path = std::string(path);
  if (!opened.ok()) {
    const int error = opened.error();
    // What is asked of the last component and not of the way to it.
    if (error == -EISDIR) co_return Failed(NtStatus::kFileIsADirectory);
    found = co_await Explain(who, path, flags.no_follow, error);
    if (error == -ENOTDIR && flags.directory) {
      Resolution other = co_await Find(who, path, flags.no_follow);
      if (other.status == NtStatus::kOk && other.stat.type != storage::FileType::kSymlink) {
        co_return Failed(NtStatus::kNotADirectory);
      }
      if (other.status == NtStatus::kOk) found = std::move(other);
    }
    if (found.status != NtStatus::kOk) co_return std::move(found);
    const bool link = found.stat.type == storage::FileType::kSymlink;
    if (link && (flags.directory || !flags.path_only)) {
      co_return co_await StoppedAt(who, found.path, "");
    }
    opened = co_await backend_.Open(who, found.path, flags);
    if (!opened.ok()) {
      const int again = opened.error();
      if (again == -EISDIR) co_return Failed(NtStatus::kFileIsADirectory);
      if (again == -ENOTDIR) co_return Failed(NtStatus::kNotADirectory);
      if (again == -ELOOP) co_return co_await FindObstacle(who, found.path);
      found.status = StatusOf(again);
      // Removed since it was looked up.
      found.can_create = again == -ENOENT;
      co_return std::move(found);
    }
  }
  found.stat = opened.value()->opened_stat();
  found.file = std::move(opened.value());
  co_return std::move(found);
}

Task<bool> PathResolver::KnownMissing(const base::Identity& who, absl::string_view path) {
  if (path.empty() || case_sensitive_.load(std::memory_order_relaxed)) co_return false;
  const absl::string_view directory = ParentOf(path);
  const absl::string_view name = LeafOf(path);
  if (!cache_->Lacks(directory, name)) co_return false;
  // By the user's own right to read it, as for every answer of the cache.
  Result<std::unique_ptr<storage::File>> opened =
      co_await backend_.Open(who, directory, ReadingFlags());
  if (!opened.ok()) co_return false;
  std::string actual;
  co_return cache_->Find(opened.value()->opened_stat(), name, clock_.MonotonicNanos(), &actual) ==
      NameCache::Answer::kNone;
}

Task<Resolution> PathResolver::Explain(const base::Identity& who, absl::string_view path,
                                       bool no_follow, int error) {
  if (error == -ENOENT && case_sensitive_.load(std::memory_order_relaxed) && !AnyMangled(path)) {
    co_return co_await ExplainMissing(who, path);
  }
  if (error == -ENOENT) co_return co_await Search(who, path, no_follow);
  if (error == -ENOTDIR) co_return Failed(NtStatus::kObjectPathNotFound);
  if (!IsLinkError(error) || path.empty()) co_return Failed(StatusOf(error));
  co_return co_await FindObstacle(who, path);
}

Task<Resolution> PathResolver::StoppedAt(const base::Identity& who, absl::string_view path,
                                         absl::string_view unparsed) {
  Result<std::string> target = co_await backend_.ReadSymlink(who, path);
  const NtStatus missing =
      unparsed.empty() ? NtStatus::kObjectNameNotFound : NtStatus::kObjectPathNotFound;
  if (!target.ok()) co_return Failed(missing);  // it went meanwhile
  Resolution stopped = Failed(NtStatus::kStoppedOnSymlink);
  stopped.path = std::string(path);
  stopped.link_target = std::move(target.value());
  stopped.unparsed = std::string(unparsed);
  co_return std::move(stopped);
}

Task<Resolution> PathResolver::FindObstacle(const base::Identity& who, absl::string_view path) {
  // Mostly it is the last component.
  for (size_t end = path.size(), begin = 0; begin < path.size();) {
    const absl::string_view prefix = path.substr(0, end);
    const absl::string_view rest = end == path.size() ? "" : path.substr(end + 1);
    const Result<storage::Stat> itself = co_await backend_.GetStat(who, prefix);
    if (itself.ok() && itself.value().type == storage::FileType::kSymlink) {
      if (rest.empty()) co_return co_await StoppedAt(who, prefix, rest);
      const OpenFlags flags = LookupFlags(false);
      Result<std::unique_ptr<storage::File>> followed = co_await backend_.Open(who, prefix, flags);
      if (!followed.ok()) co_return co_await StoppedAt(who, prefix, rest);
    } else if (!itself.ok() && end != path.size()) {
      break;
    }
    if (end != path.size()) begin = end + 1;
    end = std::min(path.find('/', begin), path.size());
    if (end == path.size()) break;
  }
  co_return Failed(NtStatus::kObjectPathNotFound);
}

Task<Resolution> PathResolver::ExplainMissing(const base::Identity& who, absl::string_view path) {
  // A symlink that leads nowhere is there all the same.
  Result<std::unique_ptr<storage::File>> itself =
      co_await backend_.Open(who, path, LookupFlags(true));
  Resolution missing = Failed(NtStatus::kObjectNameNotFound);
  missing.path = std::string(path);
  missing.can_create = !itself.ok();
  const absl::string_view directory = ParentOf(path);
  if (itself.ok() && itself.value()->opened_stat().type == storage::FileType::kSymlink) {
    co_return co_await StoppedAt(who, path, "");
  }
  if (itself.ok() || directory.empty()) co_return std::move(missing);
  Result<std::unique_ptr<storage::File>> parent =
      co_await backend_.Open(who, directory, LookupFlags(false));
  if (parent.ok()) co_return std::move(missing);
  const int error = parent.error();
  if (!IsLost(error)) co_return Failed(StatusOf(error));
  co_return co_await FindObstacle(who, path);
}

Task<Resolution> PathResolver::Search(const base::Identity& who, absl::string_view path,
                                      bool no_follow) {
  // Mostly the directory is spelled right and only the last component is missing.
  const absl::string_view directory = ParentOf(path);
  Resolution found = co_await SearchEntry(who, directory, LeafOf(path), no_follow);
  if (found.status != NtStatus::kObjectPathNotFound || directory.empty()) {
    co_return std::move(found);
  }
  Resolution parent = co_await SearchDirectory(who, directory);
  if (parent.status == NtStatus::kStoppedOnSymlink) {
    parent.unparsed = JoinPath(parent.unparsed, LeafOf(path));
  }
  if (parent.status != NtStatus::kOk) co_return std::move(parent);
  found = co_await SearchEntry(who, parent.path, LeafOf(path), no_follow);
  co_return std::move(found);
}

Task<Resolution> PathResolver::SearchDirectory(const base::Identity& who, absl::string_view path) {
  Resolution at;
  const OpenFlags flags = LookupFlags(false);
  for (absl::string_view rest = path; !rest.empty();) {
    const size_t slash = rest.find('/');
    const absl::string_view name = rest.substr(0, slash);
    rest = slash == absl::string_view::npos ? absl::string_view() : rest.substr(slash + 1);
    const std::string next = JoinPath(at.path, name);
    Result<std::unique_ptr<storage::File>> opened = co_await backend_.Open(who, next, flags);
    if (opened.ok()) {
      at.path = next;
      continue;
    }
    if (IsLinkError(opened.error())) co_return co_await StoppedAt(who, next, rest);
    if (opened.error() != -ENOENT) {
      const int error = opened.error();
      co_return Failed(IsLost(error) ? NtStatus::kObjectPathNotFound : StatusOf(error));
    }
    const std::string directory = std::move(at.path);
    at = co_await SearchEntry(who, directory, name, false);
    if (at.status == NtStatus::kStoppedOnSymlink) at.unparsed = std::string(rest);
    if (at.status == NtStatus::kObjectNameNotFound) {
      co_return Failed(NtStatus::kObjectPathNotFound);
    }
    if (at.status != NtStatus::kOk) co_return std::move(at);
  }
  co_return std::move(at);
}

Task<Resolution> PathResolver::SearchEntry(const base::Identity& who, absl::string_view directory,
                                           absl::string_view name, bool no_follow) {
  Resolution result = Failed(NtStatus::kObjectNameNotFound);
  result.path = JoinPath(directory, name);
  result.can_create = true;
  // A second time if the cache names something that is no longer there.
  for (const bool refresh : {false, true}) {
    std::string actual;
    const int error = co_await FindInDirectory(who, directory, name, refresh, &actual);
    // Without the right to read the directory only exact names are found.
    if (error == -EACCES) co_return std::move(result);
    if (IsLost(error)) co_return Failed(NtStatus::kObjectPathNotFound);
    if (error != 0) co_return Failed(StatusOf(error));
    // Where names are exact, only what stands for a name that cannot be shown is something else.
    const bool exact = case_sensitive_.load(std::memory_order_relaxed);
    if (actual.empty() || (exact && actual != name && IsLegalName(actual))) {
      co_return std::move(result);
    }
    const std::string path = JoinPath(directory, actual);
    const OpenFlags flags = LookupFlags(no_follow);
    Result<std::unique_ptr<storage::File>> opened = co_await backend_.Open(who, path, flags);
    if (opened.ok()) {
      result.status = NtStatus::kOk;
      result.can_create = false;
      result.path = path;
      result.stat = opened.value()->opened_stat();
      co_return std::move(result);
    }
    const int open_error = opened.error();
    if (open_error != -ENOENT && !IsLinkError(open_error)) co_return Failed(StatusOf(open_error));
    const Result<storage::Stat> itself = co_await backend_.GetStat(who, path);
    if (itself.ok() && itself.value().type == storage::FileType::kSymlink) {
      // It leads nowhere, or out.
      co_return co_await StoppedAt(who, path, "");
    }
  }
  co_return std::move(result);
}

Task<int> PathResolver::FindInDirectory(const base::Identity& who, absl::string_view directory,
                                        absl::string_view name, bool refresh, std::string* actual) {
  Result<std::unique_ptr<storage::File>> opened =
      co_await backend_.Open(who, directory, ReadingFlags());
  if (!opened.ok()) co_return opened.error();
  storage::File& file = *opened.value();
  const storage::Stat before = file.opened_stat();
  const uint64_t now = clock_.MonotonicNanos();
  const int64_t wall = WallTime(clock_);
  if (!refresh) {
    switch (cache_->Find(before, name, now, actual)) {
      case NameCache::Answer::kFound:
      case NameCache::Answer::kNone:
        co_return 0;
      case NameCache::Answer::kUnknown:
        break;
    }
  }
  actual->clear();
  const NameCache::Reading reading(*cache_, directory);
  FoldedNames names;
  const std::string folded = FoldName(name);
  const bool mangled = LooksMangled(name);
  std::string folded_entry;
  while (true) {
    Result<std::vector<storage::DirectoryEntry>> entries = co_await file.ReadDirectory(false);
    if (!entries.ok()) co_return entries.error();
    if (entries->empty()) break;
    for (const storage::DirectoryEntry& entry : entries.value()) {
      folded_entry.clear();
      AppendFolded(entry.name, &folded_entry);
      if (actual->empty() &&
          (folded_entry == folded || (mangled && FoldName(ShortNameFor(entry.name)) == folded))) {
        *actual = entry.name;
      }
      // A directory that does not fit is searched, but not kept.
      if (names.bytes() <= cache_->bytes_max()) names.Add(entry.name);
    }
  }
  cache_->Insert(before, reading, std::move(names), now, clock_.MonotonicNanos(), wall);
  co_return 0;
}

void PathResolver::NoteCreated(absl::string_view path) {
  if (!path.empty()) cache_->NoteCreated(ParentOf(path), LeafOf(path), WallTime(clock_));
}

void PathResolver::NoteRemoved(absl::string_view path) {
  if (!path.empty()) cache_->NoteRemoved(ParentOf(path), LeafOf(path), WallTime(clock_));
}

}  // namespace sluice::fs
