// The Server Service, as much of it as clients need to list shares. [MS-SRVS] 3.1.4.
//
// NetrShareEnum (levels 0, 1, 2, 501, 502), NetrShareGetInfo (0, 1, 2, 501, 502, 1005) and
// NetrServerGetInfo (100, 101, 102).
#ifndef SLUICE_PROTO_RPC_SRVSVC_H_
#define SLUICE_PROTO_RPC_SRVSVC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/rpc/call.h"
#include "proto/rpc/server_description.h"

namespace sluice::proto::rpc::srvsvc {

enum class Operation : uint16_t {
  kNetrShareEnum = 15,
  kNetrShareGetInfo = 16,
  kNetrServerGetInfo = 21,
};

// `stub` is the whole request, reassembled. Other operations fault with kOperationRange, a stub
// that cannot be decoded with kBadStubData.
CallResult Handle(uint16_t operation, absl::Span<const uint8_t> stub,
                  const ServerDescription& server);

// For clients and tests. Server names are written as "\\\\name".
std::vector<uint8_t> EncodeShareEnumRequest(absl::string_view server_name, uint32_t level);
std::vector<uint8_t> EncodeShareGetInfoRequest(absl::string_view server_name,
                                               absl::string_view share, uint32_t level);
std::vector<uint8_t> EncodeServerGetInfoRequest(absl::string_view server_name, uint32_t level);

struct ShareInfo1 {
  std::string name;
  uint32_t type = 0;
  std::string comment;
};
// Of a level 1 answer; `*error` is the call's own code.
bool DecodeShareEnumResponse1(absl::Span<const uint8_t> stub, std::vector<ShareInfo1>* shares,
                              uint32_t* error);

}  // namespace sluice::proto::rpc::srvsvc

#endif  // SLUICE_PROTO_RPC_SRVSVC_H_
