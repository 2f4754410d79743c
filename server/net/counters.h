// What the connections of one loop count. Written on the loop, read anywhere.
#ifndef SLUICE_SERVER_NET_COUNTERS_H_
#define SLUICE_SERVER_NET_COUNTERS_H_

#include <array>

#include "server/net/close_reason.h"
#include "server/net/errors.h"
#include "server/ring/counters.h"

namespace sluice::net {

struct NetCounters {
  ring::Counter opened;
  std::array<ring::Counter, kCloseReasons> closed;  // by CloseReason
  std::array<ring::Counter, kErrorClasses> errors;  // by ErrorClass
  ring::Counter frames_received;
  ring::Counter bytes_received;
  ring::Counter frames_sent;
  ring::Counter bytes_sent;
  ring::Counter receives;            // receive operations started
  ring::Counter sends;               // send operations started
  ring::Counter no_provided_buffer;  // ENOBUFS: the loop's provided buffers were all in use
  ring::Counter no_frame_buffer;     // a frame waited for memory of the pool
  ring::Counter pauses;              // back-pressure
};

}  // namespace sluice::net

#endif  // SLUICE_SERVER_NET_COUNTERS_H_
