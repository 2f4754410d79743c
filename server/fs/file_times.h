// The times of storage and clocks as FILETIME and back.
#ifndef SLUICE_SERVER_FS_FILE_TIMES_H_
#define SLUICE_SERVER_FS_FILE_TIMES_H_

#include <cstdint>

#include "proto/fscc/filetime.h"
#include "server/base/clock.h"

namespace sluice::fs {

// Of storage::Stat and FileMetadata.
inline uint64_t ToFileTime(int64_t time) { return proto::FileTimeFromUnixNanos(time); }
inline int64_t FromFileTime(uint64_t filetime) { return proto::UnixNanosFromFileTime(filetime); }
inline int64_t WallTime(const base::Clock& clock) { return clock.WallNanos(); }

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_FILE_TIMES_H_
