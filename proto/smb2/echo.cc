#include "proto/smb2/echo.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool EchoRequest::Decode(absl::Span<const uint8_t> message, EchoRequest* /*out*/) {
  Reader r(message);
  OpenRequest(Command::kEcho, r);
  return r.ok();
}

void EchoRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kEcho));
  w.U16(0);
}

bool EchoResponse::Decode(absl::Span<const uint8_t> message, EchoResponse* /*out*/) {
  Reader r(message);
  OpenResponse(Command::kEcho, r);
  return r.ok();
}

void EchoResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kEcho));
  w.U16(0);
}

}  // namespace sluice::proto
