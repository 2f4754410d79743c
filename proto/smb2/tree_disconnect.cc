#include "proto/smb2/tree_disconnect.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool TreeDisconnectRequest::Decode(absl::Span<const uint8_t> message,
                                   TreeDisconnectRequest* /*out*/) {
  Reader r(message);
  OpenRequest(Command::kTreeDisconnect, r);
  return r.ok();
}

void TreeDisconnectRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kTreeDisconnect));
  w.U16(0);
}

bool TreeDisconnectResponse::Decode(absl::Span<const uint8_t> message,
                                    TreeDisconnectResponse* /*out*/) {
  Reader r(message);
  OpenResponse(Command::kTreeDisconnect, r);
  return r.ok();
}

void TreeDisconnectResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kTreeDisconnect));
  w.U16(0);
}

}  // namespace sluice::proto
