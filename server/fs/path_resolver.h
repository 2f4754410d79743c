// Finds files by the names clients use, without regard to case.
//
// The exact name is tried first and costs one look-up. Only when it is not there, the directory's
// names are read once into a cache of folded names, and the cache is good until the directory's
// times change.
#ifndef SLUICE_SERVER_FS_PATH_RESOLVER_H_
#define SLUICE_SERVER_FS_PATH_RESOLVER_H_

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "proto/status/nt_status.h"
#include "server/base/clock.h"
#include "server/base/identity.h"
#include "server/ring/task.h"
#include "server/storage/backend.h"

namespace sluice::fs {

class NameCache;

// The outcome of a look-up.
struct Resolution {
  // kOk: it is there, `path` is its spelling on disk.
  // kObjectNameNotFound: all but the last component are there; `path` is where it would be made:
  //   the parent as on disk, the last component as the client spelled it.
  // kStoppedOnSymlink: a symlink cannot be followed, because it is broken or leaves the share, or
  //   must not be, because it is the last component and the look-up was no_follow. `path` is the
  //   symlink.
  // kObjectPathNotFound: something on the way is missing or no directory.
  // kAccessDenied: the user may not go there; or neither a file nor a directory nor a symlink.
  // Others as from FromErrno.
  proto::NtStatus status = proto::NtStatus::kOk;
  // With kObjectNameNotFound: nothing of that name is there, so it may be made.
  bool can_create = false;
  std::string path;
  // With kOk only. What a symlink as last component leads to, unless look-up was no_follow.
  storage::Stat stat;
  // With kStoppedOnSymlink only: what the symlink holds, and the components behind it as the client
  // spelled them.
  std::string link_target;
  std::string unparsed;
  // With kOk from Open only.
  std::unique_ptr<storage::File> file;
};

// One per share; used from every loop at once. Never holds a mutex over I/O.
class PathResolver {
 public:
  // Both outlive the resolver.
  PathResolver(storage::Backend& backend, base::Clock& clock);
  ~PathResolver();

  // Looks `path` up (as from ParseName). With no_follow a symlink as last component is found
  // itself.
  ring::Task<Resolution> Find(const base::Identity& who, absl::string_view path, bool no_follow);

  // Find and Backend::Open in one: where the name is exact this is the open itself and nothing
  // else. `flags` without create: a missing file is kObjectNameNotFound and the caller makes it at
  // `path`. A status may also come from the open: kFileIsADirectory, kNotADirectory, kAccessDenied.
  // With no_follow a symlink as last component is opened itself with path_only; without path_only,
  // or with `directory`, it is kStoppedOnSymlink.
  ring::Task<Resolution> Open(const base::Identity& who, absl::string_view path,
                              storage::OpenFlags flags);

  // What a look-up that stops at the symlink at `path` (as on disk) gives.
  ring::Task<Resolution> StoppedAt(const base::Identity& who, absl::string_view path,
                                   absl::string_view unparsed);

  // Whether the directory of `path` is known not to have it in any spelling, without asking storage
  // for the name: who wants to make it may try at once. False says nothing. Certain as far as
  // Open's answer is; what another program makes the storage's exclusive create finds.
  ring::Task<bool> KnownMissing(const base::Identity& who, absl::string_view path);

  // From now on a name is found in its exact spelling only, or, false, in any case.
  void set_case_sensitive(bool sensitive) {
    case_sensitive_.store(sensitive, std::memory_order_relaxed);
  }

  // Tell the cache of the share's own changes, so that it need not be read again after each. `path`
  // is as on disk. Forgetting to tell costs time, never correctness. A rename is both. No I/O.
  void NoteCreated(absl::string_view path);
  void NoteRemoved(absl::string_view path);

 private:
  // What an exact attempt's error means; the names on the way are looked up if need be.
  ring::Task<Resolution> Explain(const base::Identity& who, absl::string_view path, bool no_follow,
                                 int error);
  // The symlink on the way of an exact path that cannot be followed. kObjectPathNotFound where
  // there is none.
  ring::Task<Resolution> FindObstacle(const base::Identity& who, absl::string_view path);
  // What is missing, where names are exact and an exact attempt found nothing.
  ring::Task<Resolution> ExplainMissing(const base::Identity& who, absl::string_view path);
  // Looks the path up without regard to case, after an exact attempt found nothing.
  ring::Task<Resolution> Search(const base::Identity& who, absl::string_view path, bool no_follow);
  // The same for all but the last component: the directory as on disk in `path`.
  ring::Task<Resolution> SearchDirectory(const base::Identity& who, absl::string_view path);
  // The spelling in `directory` (as on disk) of what a client calls `name`, in `path`.
  ring::Task<Resolution> SearchEntry(const base::Identity& who, absl::string_view directory,
                                     absl::string_view name, bool no_follow);
  // The cached answer, or that of the directory itself. "" in `actual` if there is none; 0 or
  // -errno.
  ring::Task<int> FindInDirectory(const base::Identity& who, absl::string_view directory,
                                  absl::string_view name, bool refresh, std::string* actual);

  storage::Backend& backend_;
  base::Clock& clock_;
  const std::unique_ptr<NameCache> cache_;
  std::atomic<bool> case_sensitive_{false};
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_PATH_RESOLVER_H_
