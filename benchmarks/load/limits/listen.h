// The command line and the listening socket of both limit servers.
#ifndef SLUICE_BENCHMARKS_LOAD_LIMITS_LISTEN_H_
#define SLUICE_BENCHMARKS_LOAD_LIMITS_LISTEN_H_

#include <cstdint>

namespace sluice::bench {

struct LimitServer {
  int listener = -1;
  int file = -1;            // what is served, opened to read and write
  uint64_t file_bytes = 0;  // offsets wrap here
};

// argv: ADDRESS:PORT FILE. Prints "listening on ADDRESS:PORT" once it is; ends the process with a
// message where something is wrong.
LimitServer StartLimitServer(int argc, char** argv);
// The next connection, without Nagle's delay; ends the process if there can be none.
int AcceptLimitConnection(const LimitServer& server);
// Where `length` bytes from `offset` on are in the file.
inline uint64_t WrapOffset(const LimitServer& server, uint64_t offset, uint32_t length) {
  return server.file_bytes <= length ? 0 : offset % (server.file_bytes - length + 1);
}

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_LIMITS_LISTEN_H_
