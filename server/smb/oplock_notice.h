// Tells a client that its oplock breaks [MS-SMB2] 3.3.4.6.
#ifndef SLUICE_SERVER_SMB_OPLOCK_NOTICE_H_
#define SLUICE_SERVER_SMB_OPLOCK_NOTICE_H_

#include "proto/smb2/file_id.h"
#include "server/session/session.h"
#include "server/smb/open.h"

namespace sluice::smb {

class SmbConnection;

// For the open `id` of a session on `connection`; on the connection's loop. What it makes holds
// neither of them.
BreakNotifier MakeBreakNotifier(SmbConnection& connection, const session::Session& session,
                                proto::FileId id, bool sealed);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_OPLOCK_NOTICE_H_
