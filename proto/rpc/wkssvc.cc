#include "proto/rpc/wkssvc.h"

#include "proto/rpc/ndr.h"
#include "proto/rpc/pdu.h"

namespace sluice::proto::rpc::wkssvc {
namespace {

// WKSTA_INFO_100, [MS-WKST] 2.2.5.1.
constexpr uint32_t kLevel100 = 100;

}  // namespace

CallResult Handle(uint16_t operation, absl::Span<const uint8_t> stub,
                  const ServerDescription& server) {
  CallResult result;
  if (operation != static_cast<uint16_t>(Operation::kNetrWkstaGetInfo)) {
    result.fault = fault_status::kOperationRange;
    return result;
  }
  NdrReader r(stub);
  r.UniqueString();
  const uint32_t level = r.U32();
  if (!r.ok()) {
    result.fault = fault_status::kBadStubData;
    return result;
  }
  NdrWriter w;
  w.U32(level);
  w.Pointer(level == kLevel100);
  if (level == kLevel100) {
    w.U32(server.platform_id);
    w.Pointer(true);
    w.Pointer(true);
    w.U32(server.version_major);
    w.U32(server.version_minor);
    w.String(server.name);
    w.String(server.domain);
  }
  w.U32(level == kLevel100 ? win_error::kSuccess : win_error::kInvalidLevel);
  result.stub = w.Take();
  return result;
}

}  // namespace sluice::proto::rpc::wkssvc
