// Holes of files: where they are, and whether a file system can make them.
#ifndef SLUICE_SERVER_STORAGE_POSIX_HOLES_H_
#define SLUICE_SERVER_STORAGE_POSIX_HOLES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/storage/backend.h"

namespace sluice::storage::posix {

// The first `ranges_max` ranges of data from `begin` to `end`, cut to these. A file system that
// knows no holes has data everywhere. Blocks. REQUIRES: end <= INT64_MAX.
Result<std::vector<DataRange>> FindDataOf(int fd, uint64_t begin, uint64_t end, size_t ranges_max);

// Whether files in this directory's file system can have holes punched, and the attribute that says
// so stored: found out with an unnamed file, or, where the process cannot make one, by the file
// system's type. Blocks.
bool PunchesHolesBelow(int directory_fd);

// By the type of the file system alone. Works on O_PATH descriptors. Blocks.
bool PunchesHolesByType(int fd);

}  // namespace sluice::storage::posix

#endif  // SLUICE_SERVER_STORAGE_POSIX_HOLES_H_
