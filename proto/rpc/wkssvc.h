// The Workstation Service: NetrWkstaGetInfo level 100, which clients ask for the server's version.
// [MS-WKST] 3.2.4.1.
#ifndef SLUICE_PROTO_RPC_WKSSVC_H_
#define SLUICE_PROTO_RPC_WKSSVC_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/rpc/call.h"
#include "proto/rpc/server_description.h"

namespace sluice::proto::rpc::wkssvc {

enum class Operation : uint16_t { kNetrWkstaGetInfo = 0 };

// As srvsvc::Handle.
CallResult Handle(uint16_t operation, absl::Span<const uint8_t> stub,
                  const ServerDescription& server);

}  // namespace sluice::proto::rpc::wkssvc

#endif  // SLUICE_PROTO_RPC_WKSSVC_H_
