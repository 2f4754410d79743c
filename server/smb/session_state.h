// What smb hangs on a session and on a tree.
#ifndef SLUICE_SERVER_SMB_SESSION_STATE_H_
#define SLUICE_SERVER_SMB_SESSION_STATE_H_

#include <cstdint>
#include <memory>
#include <utility>

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
  // The share's lists let this user only read.
  bool read_only = false;
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
