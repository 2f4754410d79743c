// The times of storage and clocks as FILETIME and back.
#ifndef SLUICE_SERVER_FS_FILE_TIMES_H_
#define SLUICE_SERVER_FS_FILE_TIMES_H_

#include <cstdint>

#include "proto/fscc/filetime.h"
#include "server/base/clock.h"
#include "server/storage/backend.h"

namespace sluice::fs {

// Times are those of storage::Stat: ticks of 100 ns like FILETIME's, but since 1970. What lies
// before 1601 is 1601.
inline uint64_t ToFileTime(int64_t time) {
  const auto epoch = static_cast<int64_t>(proto::kFileTimeUnixEpoch);
  return time < -epoch ? 0 : static_cast<uint64_t>(time) + proto::kFileTimeUnixEpoch;
}
// REQUIRES: filetime <= INT64_MAX, as every valid one is.
inline int64_t FromFileTime(uint64_t filetime) {
  return static_cast<int64_t>(filetime - proto::kFileTimeUnixEpoch);
}
inline int64_t WallTime(const base::Clock& clock) {
  return clock.WallNanos() / storage::kTickNanos;
}

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_FILE_TIMES_H_
