// What a session's user may do in a share by its lists: judged at TREE_CONNECT, and again at the
// first CREATE after the session has authenticated again, maybe as somebody else.
#ifndef SLUICE_SERVER_SMB_TREE_ACCESS_H_
#define SLUICE_SERVER_SMB_TREE_ACCESS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "proto/status/nt_status.h"
#include "server/auth/share_access.h"
#include "server/preferences.h"
#include "server/ring/task.h"
#include "server/session/session.h"
#include "server/smb/request.h"
#include "server/smb/server_state.h"
#include "server/smb/share.h"

namespace sluice::smb {

// None for a disk share that is just being removed.
std::optional<SharePreferences> PreferencesOf(const ServerState& server, const Share& share);

// What the user that the session has at the call may do. Asks NSS, on the blocking pool, about
// groups that are not the gateway's own. The session and the preferences outlive the task.
ring::Task<auth::ShareLevel> LevelOf(Request& request, const session::Session& session,
                                     const SharePreferences& preferences);

// Whether the share's directory can be reached by its path with the present user's own rights. The
// gateway has it open and may have got there with more. Where it cannot, as RefuseShare.
ring::Task<proto::NtStatus> CheckReach(const Request& request, const Share& share);

// Notes that the user may not use the share, and why. ACCESS_DENIED.
proto::NtStatus RefuseShare(const Request& request, const Share& share, absl::string_view why);
// The same for a user whose level is kNone.
proto::NtStatus RefuseUser(const Request& request, const Share& share);

// Of a CREATE on a disk share. Whether what the tree says of its user is about the present one.
bool TreeIsJudged(const Request& request);
// REQUIRES: TreeIsJudged. Refuses the CREATE, or changes it, where the user may only read.
proto::NtStatus AdmitCreate(Request& request);
// Judges the tree for the session's present user, then does the same.
ring::Task<proto::NtStatus> JudgeCreate(Request& request);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_TREE_ACCESS_H_
