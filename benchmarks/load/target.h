// Where to: smb://host[:port]/share, or limit://host:port.
#ifndef SLUICE_BENCHMARKS_LOAD_TARGET_H_
#define SLUICE_BENCHMARKS_LOAD_TARGET_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "benchmarks/load/client/client.h"

namespace sluice::bench {

// Sets the address, server, share and limit of `options`. Looks names up; blocks.
absl::Status ParseTarget(absl::string_view target, ClientOptions* options);

// "auto", "2.0.2" to "3.1.1"; "auto", "none", "gmac", "cmac", "hmac" or a full name; "none" or a
// cipher's name, without regard to case. What the three together cannot be is an error.
absl::Status SetProtection(absl::string_view dialect, absl::string_view signing,
                           absl::string_view cipher, ClientOptions* options);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_TARGET_H_
