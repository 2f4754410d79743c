// The end of the session that a client left behind on another connection, maybe on another loop
// [MS-SMB2] 3.3.5.5.3.
#ifndef SLUICE_SERVER_SMB_PREVIOUS_SESSION_H_
#define SLUICE_SERVER_SMB_PREVIOUS_SESSION_H_

#include <cstdint>
#include <memory>

#include "server/ring/task.h"
#include "server/session/session.h"
#include "server/smb/worker.h"

namespace sluice::smb {

// Returns when the session `id`, if it is of the same user as `current`, is gone with its opens.
ring::Task<void> EndPreviousSession(Worker& worker, uint64_t id,
                                    std::shared_ptr<session::Session> current);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_PREVIOUS_SESSION_H_
