// A backend in memory: for tests, and for the benchmark of the gateway without a disk.
#ifndef SLUICE_SERVER_STORAGE_MEMORY_BACKEND_H_
#define SLUICE_SERVER_STORAGE_MEMORY_BACKEND_H_

#include <cstdint>
#include <memory>

#include "server/base/clock.h"
#include "server/storage/backend.h"

namespace sluice::storage {

// An empty share of at most `bytes_max` bytes of file data (-ENOSPC beyond). Its tasks never wait,
// need no loop and may run on any thread. Everybody may do everything: identities only own what
// they create. `clock` outlives the backend; files outlive it safely.
std::unique_ptr<Backend> MakeMemoryBackend(base::Clock& clock, uint64_t bytes_max);

}  // namespace sluice::storage

#endif  // SLUICE_SERVER_STORAGE_MEMORY_BACKEND_H_
