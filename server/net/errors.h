// An errno of a socket operation, classified once, at the edge.
#ifndef SLUICE_SERVER_NET_ERRORS_H_
#define SLUICE_SERVER_NET_ERRORS_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::net {

enum class ErrorClass : uint8_t {
  kRetry,     // nothing is wrong: do it again
  kPeerGone,  // the connection is lost
  kResource,  // memory or descriptors: may work later
  kBug,       // only our own mistake explains it
  kUnknown,
};
inline constexpr size_t kErrorClasses = 5;

// `error` is -errno.
ErrorClass Classify(int error);
absl::string_view Name(ErrorClass error_class);

}  // namespace sluice::net

#endif  // SLUICE_SERVER_NET_ERRORS_H_
