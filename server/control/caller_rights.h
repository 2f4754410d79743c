// What a caller who is not root may not do on the control socket.
//
// Members of [server] control_group and the gateway's own user may make users of any account and
// serve any directory, which is nearly all that root may. What is refused here are the short ways
// to become root or to take over the gateway's own state.
#ifndef SLUICE_SERVER_CONTROL_CALLER_RIGHTS_H_
#define SLUICE_SERVER_CONTROL_CALLER_RIGHTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/control/command.h"

namespace sluice::control {

// Whether nothing is refused: uid 0 asks, or [server] control_unrestricted says so.
bool IsUnrestricted(const Call& call);

// PERMISSION_DENIED where the caller would learn or choose the password of a user with uid 0 or with
// the gateway's own account: that of `unix_user`, or where that is "" of the user `name` as it is.
absl::Status CheckUserChange(const Call& call, absl::string_view name, absl::string_view unix_user);

// Replaces the path by the real one, which is what has been checked. INVALID_ARGUMENT as
// config::ResolveSharePath says. PERMISSION_DENIED for /, /proc, /sys, /dev, what is below the
// latter, the state directory with what is above or below it, and what contains one of the gateway's
// other files, however they are named. May wait for storage, with a deadline.
absl::Status ResolveServedPath(const Call& call, std::string* path);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_CALLER_RIGHTS_H_
