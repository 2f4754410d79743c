// Where a handler puts its answer: room in the send buffer, after the SMB2 header.
#ifndef SLUICE_SERVER_SMB_RESPONSE_H_
#define SLUICE_SERVER_SMB_RESPONSE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "proto/wire/writer.h"
#include "server/ring/pipe_pool.h"

namespace sluice::smb {

class Chain;
class Response;

// Where a response gets its room from.
class RoomSource {
 public:
  virtual void AttachRoom(Response* response) = 0;

 protected:
  ~RoomSource() = default;
};

// One command's response. The core writes the header; the handler encodes the body with
//   proto::CloseResponse{...}.Encode(request.response.body());
// A status that is an error goes out with the ERROR body instead of what was written, unless
// KeepBody() was called. Never holds less room than response_bound of the command's row said;
// where memory ran out the room is 0, the body overflows and the client gets
// INSUFFICIENT_RESOURCES.
class Response {
 public:
  // At most this much ErrorData.
  static constexpr size_t kErrorDataMax = 4096;

  // Positioned after the header: body().size() is 64 when nothing was written yet. The span that
  // it writes to starts at the SMB2 header, so offsets in structures are as on the wire. Not to be
  // kept across SendInterim().
  proto::Writer& body();
  // The whole room of this message, from its SMB2 header on. READ puts file data at
  // message().subspan(ReadResponse::kDataOffset) before it knows the length, then encodes the fixed
  // part and calls body().Advance(length).
  absl::Span<uint8_t> message();
  // Body bytes that may still be written.
  size_t room() { return body().room(); }
  // Forgets what was written to the body.
  void ResetBody();

  // The end of the message is what is in this pipe, behind what was written to the body. To be set
  // before the body is asked for, since room for that much is then not needed.
  void SetTail(ring::Pipe tail) { tail_ = std::move(tail); }

  // The error or warning status returned goes with the body that was written: BUFFER_OVERFLOW and
  // such.
  void KeepBody() { keep_body_ = true; }
  // The ErrorData of an ERROR response [MS-SMB2] 2.2.2: STOPPED_ON_SYMLINK, BUFFER_TOO_SMALL. In
  // dialect 3.1.1 the core wraps it into an error context. Bytes beyond kErrorDataMax are cut.
  void SetErrorData(absl::Span<const uint8_t> data);

 private:
  friend class Chain;

  void Attach(absl::Span<uint8_t> message);
  // The room is gone; the next use asks for new room.
  void Detach();

  RoomSource* source_ = nullptr;
  bool attached_ = false;
  bool keep_body_ = false;
  proto::Writer body_{absl::Span<uint8_t>()};
  absl::Span<uint8_t> message_;
  std::vector<uint8_t> error_data_;
  ring::Pipe tail_;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_RESPONSE_H_
