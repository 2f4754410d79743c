#include "benchmarks/load/limits/frames.h"

#include "proto/smb2/echo.h"
#include "proto/smb2/header.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "proto/wire/netbios.h"
#include "proto/wire/writer.h"

namespace sluice::bench {
namespace {

template <typename Integer>
Integer Load(absl::Span<const uint8_t> message, size_t offset) {
  Integer value = 0;
  for (size_t i = 0; i < sizeof(Integer); ++i) {
    value = static_cast<Integer>(value | static_cast<Integer>(message[offset + i]) << (8 * i));
  }
  return value;
}

constexpr size_t kHeader = proto::kHeaderBytes;
constexpr size_t kDataOffset = proto::WriteRequest::kDataOffset;

}  // namespace

bool LimitRequest::Decode(absl::Span<const uint8_t> message, LimitRequest* out) {
  if (message.size() < kHeader + 4) return false;
  out->command = static_cast<Command>(Load<uint16_t>(message, 12));
  out->message_id = Load<uint64_t>(message, 24);
  if (out->command == Command::kEcho) return true;
  // READ and WRITE have length and offset at the same places.
  if (message.size() < kHeader + 48) return false;
  out->length = Load<uint32_t>(message, kHeader + 4);
  out->offset = Load<uint64_t>(message, kHeader + 8);
  if (out->length > kLimitBlockBytesMax) return false;
  if (out->command == Command::kRead) return true;
  if (out->command != Command::kWrite || message.size() < kDataOffset + out->length) return false;
  out->data = message.subspan(kDataOffset, out->length);
  return true;
}

size_t LimitHeadBytes(LimitRequest::Command command) {
  switch (command) {
    case LimitRequest::Command::kRead:
      return kLimitReadHeadBytes;
    case LimitRequest::Command::kWrite:
      return kLimitWriteBytes;
    case LimitRequest::Command::kEcho:
      return kLimitEchoBytes;
  }
  return kLimitEchoBytes;
}

void EncodeLimitHead(const LimitRequest& request, uint32_t length, uint8_t* out) {
  const size_t bytes = LimitHeadBytes(request.command);
  const bool read = request.command == LimitRequest::Command::kRead;
  proto::NetbiosHeader netbios;
  netbios.length = static_cast<uint32_t>(bytes - proto::kNetbiosHeaderBytes + (read ? length : 0));
  netbios.Encode(out);
  proto::Writer writer({out + proto::kNetbiosHeaderBytes, bytes - proto::kNetbiosHeaderBytes});
  proto::Header header;
  header.command = static_cast<proto::Command>(request.command);
  header.credits = 1;
  header.flags = proto::kFlagResponse;
  header.message_id = request.message_id;
  header.Encode(writer);
  if (read) {
    proto::ReadResponse response;
    response.data_length = length;
    response.Encode(writer);
  } else if (request.command == LimitRequest::Command::kWrite) {
    proto::WriteResponse response;
    response.count = length;
    response.Encode(writer);
  } else {
    proto::EchoResponse().Encode(writer);
  }
}

}  // namespace sluice::bench
