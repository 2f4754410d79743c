// Symlinks of the file system, as clients see them.
#ifndef SLUICE_SERVER_SMB_SYMLINK_H_
#define SLUICE_SERVER_SMB_SYMLINK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/fscc/reparse.h"
#include "server/fs/dos_attributes.h"

namespace sluice::smb {

// 0 for what is no symlink. [MS-FSCC] 2.1.2.1.
uint32_t ReparseTagOf(const fs::FileMetadata& metadata);

// [MS-FSCC] 2.1.2.4 for a link that holds `target` on disk. The names in it are those under which
// clients find the files.
proto::SymlinkReparse SymlinkReparseOf(absl::string_view target);

// The ErrorData of STOPPED_ON_SYMLINK [MS-SMB2] 2.2.2.2.1. `name` is the one of the CREATE request
// (UTF-16LE), `unparsed` its components behind the link, with '/' between them. Empty where the
// target does not fit into `bytes_max`.
std::vector<uint8_t> SymlinkErrorData(absl::string_view target, absl::string_view unparsed,
                                      absl::Span<const uint8_t> name, size_t bytes_max);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_SYMLINK_H_
