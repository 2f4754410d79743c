// User names: which are allowed, and how they are compared.
#ifndef SLUICE_SERVER_AUTH_USER_NAME_H_
#define SLUICE_SERVER_AUTH_USER_NAME_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/name_match.h"

namespace sluice::auth {

// Each character upper-cased by itself, as Windows does it: equal for names that mean the same
// user, and what NTOWFv2 hashes [MS-NLMP] 3.3.2. False if `name` is not UTF-8.
bool UpperCaseName(absl::string_view name, std::string* upper);

// Whether both mean the same user. False for what is not UTF-8.
bool SameUser(absl::string_view a, absl::string_view b);

// Whether `listed`, which an administrator wrote, means the user whose name is `user`.
bool NamesUser(absl::string_view listed, absl::string_view user, base::NameMatch match);

// Whether `name` may be a user's: 1 to limits::user_name_characters_max characters of UTF-8, no
// control characters, none of those that Windows forbids in account names, no space or dot at
// either end.
absl::Status ValidateUserName(absl::string_view name);

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_USER_NAME_H_
