// The outcome of a call to an RPC interface.
#ifndef SLUICE_PROTO_RPC_CALL_H_
#define SLUICE_PROTO_RPC_CALL_H_

#include <cstdint>
#include <vector>

namespace sluice::proto::rpc {

// Win32 error codes that calls return, [MS-ERREF] 2.2.
namespace win_error {
inline constexpr uint32_t kSuccess = 0;
inline constexpr uint32_t kAccessDenied = 5;
inline constexpr uint32_t kNotSupported = 50;
inline constexpr uint32_t kInvalidParameter = 87;
inline constexpr uint32_t kInvalidLevel = 124;
inline constexpr uint32_t kMoreData = 234;
inline constexpr uint32_t kNetNameNotFound = 2310;  // NERR_NetNameNotFound
}  // namespace win_error

struct CallResult {
  uint32_t fault = 0;         // fault_status; 0 for a response
  std::vector<uint8_t> stub;  // of the response, the call's own error code included
};

}  // namespace sluice::proto::rpc

#endif  // SLUICE_PROTO_RPC_CALL_H_
