// A directory of the machine as a share, through the loop's ring.
//
// Every open is openat2 with RESOLVE_BENEATH from the share's root. Calls that take no resolve
// flags (rename, unlink, mkdir, link) get the parent directory opened that way and only the last
// component by name, so nothing escapes. Operations run with the identity's credentials: a
// personality of the loop's ring, its ids in the blocking pool.
#ifndef SLUICE_SERVER_STORAGE_POSIX_BACKEND_H_
#define SLUICE_SERVER_STORAGE_POSIX_BACKEND_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "server/storage/backend.h"

namespace sluice::storage {

// The share over `root`, an existing directory, opened now and kept: a later rename of it does no
// harm. -errno where it cannot be opened; -ELOOP where a component of `root` is a symlink, which
// somebody may point elsewhere from one start to the next. May block: for the start and for
// reconfiguration, on any thread. The backend's tasks run on a ring::Loop; it outlives its files.
Result<std::unique_ptr<Backend>> OpenPosixBackend(absl::string_view root);

}  // namespace sluice::storage

#endif  // SLUICE_SERVER_STORAGE_POSIX_BACKEND_H_
