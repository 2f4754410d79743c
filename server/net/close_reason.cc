#include "server/net/close_reason.h"

namespace sluice::net {

absl::string_view Name(CloseReason reason) {
  switch (reason) {
    case CloseReason::kPeerClosed:
      return "closed by peer";
    case CloseReason::kPeerLost:
      return "peer lost";
    case CloseReason::kBadFrame:
      return "bad frame";
    case CloseReason::kFrameTooLarge:
      return "frame too large";
    case CloseReason::kHandshakeTimeout:
      return "handshake timeout";
    case CloseReason::kFrameTimeout:
      return "frame timeout";
    case CloseReason::kSendTimeout:
      return "send timeout";
    case CloseReason::kIdleTimeout:
      return "idle timeout";
    case CloseReason::kTooSlow:
      return "too slow while memory was short";
    case CloseReason::kSendQueueFull:
      return "send queue full";
    case CloseReason::kProtocolError:
      return "protocol error";
    case CloseReason::kLocal:
      return "closed here";
    case CloseReason::kShutdown:
      return "shutdown";
    case CloseReason::kResource:
      return "out of resources";
    case CloseReason::kInternalError:
      return "internal error";
  }
  return "unknown";
}

}  // namespace sluice::net
