// The counters of one loop, added to those of the others.
#ifndef SLUICE_SERVER_SMB_OBSERVE_H_
#define SLUICE_SERVER_SMB_OBSERVE_H_

#include "server/base/refusal_log.h"
#include "server/observation.h"

namespace sluice::smb {

class Worker;

// Adds what `worker`'s loop has counted to `sum`, and a LoopObservation of its own behind the
// others'; its cpu_nanos is the caller's to set. From any thread.
void Observe(const Worker& worker, Observation* sum);
// Adds how many clients were refused.
void Observe(const base::RefusalLog& refusals, Observation* sum);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_OBSERVE_H_
