// The kernel's io_uring behind the Ring interface.
#ifndef SLUICE_SERVER_RING_URING_H_
#define SLUICE_SERVER_RING_URING_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/ring/counters.h"
#include "server/ring/ring.h"

namespace sluice::ring {

struct UringCounters {
  Counter enters;               // system calls
  Counter submission_full;      // the submission queue had no room: operations waited a turn
  Counter completion_overflow;  // the completion queue had no room: the kernel kept them aside
  Counter submit_refused;       // the kernel took nothing for now (EAGAIN, EBUSY)
  Counter arenas_refused;       // memory that could not be registered
};

struct UringOptions {
  uint32_t submissions = 1024;
  uint32_t completions = 16384;
  uint16_t provided_buffers = 128;  // a power of two
  uint32_t provided_buffer_bytes = 16u << 10;
};

// Makes a ring that is still switched off; Ring::Start() switches it on for its thread. The error
// names what this kernel lacks, the version that has it, and what to change.
absl::StatusOr<std::unique_ptr<Ring>> MakeUring(const UringOptions& options,
                                                const UringCounters** counters);

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_URING_H_
