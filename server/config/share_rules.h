// What a share may be called and where it may lie, whether the file or the control socket says so.
#ifndef SLUICE_SERVER_CONFIG_SHARE_RULES_H_
#define SLUICE_SERVER_CONFIG_SHARE_RULES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/gateway_options.h"

namespace sluice::config {

// INVALID_ARGUMENT says what a name must be.
absl::Status CheckShareName(absl::string_view name);
// An absolute path of a directory that is there. Puts its real path, without symlinks, in its
// place: whoever points one elsewhere later does not move the share. UNAVAILABLE where its storage
// does not answer within limits::kStorageAnswerMillis.
absl::Status ResolveSharePath(std::string* path);

// "posix", "memory".
absl::string_view Name(StorageKind kind);
// False for anything else.
bool ParseStorage(absl::string_view name, StorageKind* kind);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_SHARE_RULES_H_
