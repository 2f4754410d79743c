#include "proto/smb2/logoff.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool LogoffRequest::Decode(absl::Span<const uint8_t> message, LogoffRequest* /*out*/) {
  Reader r(message);
  OpenRequest(Command::kLogoff, r);
  return r.ok();
}

void LogoffRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kLogoff));
  w.U16(0);
}

bool LogoffResponse::Decode(absl::Span<const uint8_t> message, LogoffResponse* /*out*/) {
  Reader r(message);
  OpenResponse(Command::kLogoff, r);
  return r.ok();
}

void LogoffResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kLogoff));
  w.U16(0);
}

}  // namespace sluice::proto
