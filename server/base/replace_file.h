// A small file replaced as a whole: whoever reads it, even after a crash at any point, finds the
// old text or the new one.
#ifndef SLUICE_SERVER_BASE_REPLACE_FILE_H_
#define SLUICE_SERVER_BASE_REPLACE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice::base {

// Writes `text` to PATH.new, syncs it, exchanges it with `path` and syncs the directory: durable
// when it returns. The file is its owner's only. On an error `path` has its old text, or is not
// there if it was not: also where the directory cannot be synced. One thread at a time for each
// path. Blocks.
absl::Status ReplaceFile(const std::string& path, absl::string_view text);

// For tests: what syncs a directory instead of fsync(2); null: that again.
void SetDirectorySyncForTest(int (*sync)(int fd));

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_REPLACE_FILE_H_
