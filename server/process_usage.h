// What the kernel says of this process and its threads.
#ifndef SLUICE_SERVER_PROCESS_USAGE_H_
#define SLUICE_SERVER_PROCESS_USAGE_H_

#include <cstdint>
#include <thread>

namespace sluice {

// Memory in use; 0 where /proc is not there.
uint64_t ResidentBytes();

// What a thread that runs has used of a core since it began, without its taking part.
uint64_t CpuNanos(std::thread& thread);

}  // namespace sluice

#endif  // SLUICE_SERVER_PROCESS_USAGE_H_
