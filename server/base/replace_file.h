// A small file replaced as a whole: whoever reads it, even after a crash at any point, finds the
// old text or the new one.
#ifndef SLUICE_SERVER_BASE_REPLACE_FILE_H_
#define SLUICE_SERVER_BASE_REPLACE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice::base {

// Writes `text` to PATH.new, syncs it, renames it over `path` and syncs the directory: durable when
// it returns. The file is its owner's only. On an error `path` is as it was, unless the error is
// that of the directory's sync. One thread at a time for each path. Blocks.
absl::Status ReplaceFile(const std::string& path, absl::string_view text);

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_REPLACE_FILE_H_
