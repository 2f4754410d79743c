#include "proto/smb2/cancel.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool CancelRequest::Decode(absl::Span<const uint8_t> message, CancelRequest* /*out*/) {
  Reader r(message);
  OpenRequest(Command::kCancel, r);
  return r.ok();
}

void CancelRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kCancel));
  w.U16(0);
}

}  // namespace sluice::proto
