// What the kernel lets this process hold: descriptors, and memory pinned for rings and their
// buffers. From any thread.
#ifndef SLUICE_SERVER_RING_PROCESS_LIMITS_H_
#define SLUICE_SERVER_RING_PROCESS_LIMITS_H_

#include <cstddef>

namespace sluice::ring {

// Raises RLIMIT_NOFILE: with CAP_SYS_RESOURCE to fs.nr_open, but to no more than
// kDescriptorsWanted; otherwise to the hard limit. To be called before privileges are dropped.
void RaiseDescriptorLimit();
inline constexpr size_t kDescriptorsWanted = 1u << 20;

// Raises RLIMIT_MEMLOCK: with CAP_SYS_RESOURCE to infinity, otherwise to the hard limit.
void RaiseLockedMemoryLimit();

// The kernel counts pinned memory per user. Where there is a limit, this process pins at most half
// of it as registered buffers, so that the rings of another gateway of the same user still fit.
// False where `bytes` more would exceed that.
bool ReserveLockedMemory(size_t bytes);
void ReleaseLockedMemory(size_t bytes);

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_PROCESS_LIMITS_H_
