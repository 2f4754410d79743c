// A frame on its way out: responses that are complete except for signature or encryption.
#ifndef SLUICE_SERVER_SMB_OUT_MESSAGE_H_
#define SLUICE_SERVER_SMB_OUT_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "crypto/batch_stage.h"
#include "proto/smb2/transform_header.h"
#include "proto/wire/netbios.h"
#include "server/ring/buffer_pool.h"
#include "server/ring/pipe_pool.h"
#include "server/session/session.h"

namespace sluice::smb {

// Reused: once warm, making a response allocates nothing.
struct OutMessage {
  // The messages begin here, 8-aligned; a transform header and the NetBIOS header fit before.
  static constexpr size_t kPayloadOffset =
      proto::kNetbiosHeaderBytes + proto::kTransformHeaderBytes;
  static_assert(kPayloadOffset % 8 == 0);

  // One SMB2 message of the frame, its padding included.
  struct Piece {
    size_t offset = 0;
    size_t length = 0;
    uint64_t message_id = 0;
    std::shared_ptr<session::Session> signer;  // null: not signed
    crypto::SignJob job;
  };

  ring::Buffer buffer;
  size_t end = kPayloadOffset;
  ring::Pipe tail;  // what follows buffer[.., end); only of what is neither signed nor encrypted
  std::vector<Piece> pieces;
  std::shared_ptr<session::Session> sealer;  // null: not encrypted
  crypto::SealJob seal_job;
  OutMessage* next = nullptr;

  // The message of the last piece is linked to one that begins at `end`.
  void LinkLastTo(size_t next_offset);
  // Queues what is to be signed or sealed. False where the session's cipher may seal no more: the
  // frame must not be sent.
  bool AddJobs(crypto::BatchStage& stage);
  // After the stage ran: puts signatures and headers in place. False if a job failed. The frame is
  // buffer[*offset, end).
  bool Finalize(size_t* offset);
  // Ready for the next use; gives the buffer back.
  void Clear();
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_OUT_MESSAGE_H_
