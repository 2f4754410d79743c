// Why a connection ended: for logs and counters.
#ifndef SLUICE_SERVER_NET_CLOSE_REASON_H_
#define SLUICE_SERVER_NET_CLOSE_REASON_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::net {

enum class CloseReason : uint8_t {
  kPeerClosed,        // a clean end between two frames
  kPeerLost,          // reset, unreachable, or an end in the middle of a frame
  kBadFrame,          // zero length, or a NetBIOS type that is not a message
  kFrameTooLarge,     // above the connection's limit
  kHandshakeTimeout,  // no first frame in time
  kFrameTimeout,      // a frame that does not come to its end
  kSendTimeout,       // the peer does not read
  kIdleTimeout,       // nothing happens and there is no session
  kTooSlow,           // held memory that was short and moved next to nothing
  kSendQueueFull,     // more unsent than allowed
  kProtocolError,     // by the layers above
  kLocal,             // by the layers above: log-off, administration
  kShutdown,          // the gateway ends
  kResource,          // out of memory or descriptors
  kInternalError,     // an error that only our own mistake explains, or an unknown one
};
inline constexpr size_t kCloseReasons = 15;

// A plain name, such as "frame timeout".
absl::string_view Name(CloseReason reason);

}  // namespace sluice::net

#endif  // SLUICE_SERVER_NET_CLOSE_REASON_H_
