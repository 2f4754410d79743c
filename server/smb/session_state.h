// What smb hangs on a session and on a tree.
#ifndef SLUICE_SERVER_SMB_SESSION_STATE_H_
#define SLUICE_SERVER_SMB_SESSION_STATE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "server/auth/share_access.h"
#include "server/auth/spnego_server.h"
#include "server/session/session.h"
#include "server/smb/open.h"
#include "server/smb/share.h"
#include "server/smb/stats.h"
#include "server/smb/unfinished_logons.h"

namespace sluice::smb {

struct SessionState final : session::Attachment {
  OpenTable opens;
  Activity activity;
  // Of the user that it had when a file was opened last; see Chain::QuotaOfUser().
  std::shared_ptr<Quotas::User> quota;
  // While its first authentication is not finished.
  std::unique_ptr<UnfinishedLogons::Place> unfinished;
  int64_t since = 0;  // wall nanoseconds, of its first authentication
  // Unencrypted requests are refused [MS-SMB2] 3.3.5.2.9 (RejectUnencryptedAccess).
  bool reject_plain = false;
  // The client has sent something encrypted.
  bool client_seals = false;
};

struct TreeState final : session::Attachment {
  explicit TreeState(std::shared_ptr<const Share> of) : share(std::move(of)) { ++share->trees; }
  ~TreeState() override { --share->trees; }

  const std::shared_ptr<const Share> share;
  ShareStats* stats = nullptr;  // this loop's, of the share
  uint32_t maximal_access = 0;
  bool audit = false;  // what is done to its files is written to the audit log
  bool reject_plain = false;

  // What the share's lists let the session's user do, as judged after this many authentications of
  // the session. TREE_CONNECT judges, and the first CREATE after another authentication.
  auth::ShareLevel level = auth::ShareLevel::kNone;
  uint64_t judged_at = 0;
  // The most that any user of the tree was let do: opens may have been granted that.
  auth::ShareLevel highest = auth::ShareLevel::kNone;

  void Judge(auth::ShareLevel verdict, uint64_t authentications) {
    level = verdict;
    judged_at = authentications;
    highest = std::max(highest, verdict);
  }
  // Whether what is open may be used to change something. An open keeps what it was granted through
  // another authentication, until the new user has been judged.
  bool MayModify(const session::Session& session) const {
    return (judged_at == session.authentications() ? level : highest) == auth::ShareLevel::kWrite;
  }
};

struct AuthenticationState final : session::Attachment {
  explicit AuthenticationState(const auth::AuthEnvironment& environment)
      : spnego(std::make_shared<auth::SpnegoServer>(environment)) {}
  // Shared with the blocking pool while a step runs there.
  std::shared_ptr<auth::SpnegoServer> spnego;
  // A request is being worked on or its answer prepared.
  bool busy = false;
};

inline SessionState& StateOf(session::Session& session) {
  return static_cast<SessionState&>(*session.attachment);
}
inline AuthenticationState& MechanismOf(session::Authentication& authentication) {
  return static_cast<AuthenticationState&>(*authentication.mechanism);
}
inline TreeState& StateOf(session::Tree& tree) { return static_cast<TreeState&>(*tree.attachment); }

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_SESSION_STATE_H_
