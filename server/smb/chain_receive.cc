// From a frame's bytes to commands whose message ids are spent and whose signatures are being
// checked [MS-SMB2] 3.3.5.2.1 to 3.3.5.2.4, 3.3.5.2.7.
#include <algorithm>
#include <utility>

#include "proto/smb2/compound.h"
#include "server/base/limits.h"
#include "server/smb/chain.h"
#include "server/smb/refusal.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::Command;

bool Chain::Violates(absl::string_view rule, const proto::Header* header) {
  EndConnection(*connection_, header, rule);
  return false;
}

bool Chain::Receive(std::shared_ptr<SmbConnection> connection, net::Frame frame) {
  connection_ = std::move(connection);
  frame_ = std::move(frame);
  began_nanos_ = worker_.loop().now();
  connection_->AddChain(this);
  switch (proto::ClassifyFrame(frame_.bytes)) {
    case proto::FrameKind::kSmb2:
      if (!Split(frame_.bytes)) return false;
      QueueVerification();
      return true;
    case proto::FrameKind::kTransform:
      return QueueOpening();
    case proto::FrameKind::kSmb1:
      return ReceiveSmb1();
    case proto::FrameKind::kUnknown:
      return Violates("it begins with no protocol id of SMB ([MS-SMB2] 2.2.1)");
    case proto::FrameKind::kCompressed:
      return Violates(
          "it is compressed, and no compression was negotiated ([MS-SMB2] 3.3.5.2.1.2)");
  }
  return false;
}

// A client that would also speak SMB1 begins with this; it counts as the NEGOTIATE with message
// id 0 [MS-SMB2] 3.3.5.3.
bool Chain::ReceiveSmb1() {
  if (!connection_->state().AcceptsSmb1Negotiate()) {
    return Violates("SMB1 behind the first message ([MS-SMB2] 3.3.5.3)");
  }
  smb1_ = true;
  parts_.emplace_back();
  parts_.back().header.command = Command::kNegotiate;
  parts_.back().header.credits = 1;
  parts_.back().message = frame_.bytes;
  return connection_->SpendMessageId(parts_.back().header);
}

bool Chain::Split(absl::Span<uint8_t> messages) {
  using Result = proto::CompoundReader::Result;
  proto::CompoundReader reader(messages, limits::compound_requests_max);
  proto::CompoundPart cut;
  Result result;
  while ((result = reader.Next(&cut)) == Result::kPart) {
    Part& part = parts_.emplace_back();
    part.header = cut.header;
    part.message = messages.subspan(cut.offset, cut.length);
  }
  // If any of it is malformed nothing of the frame is carried out.
  if (result == Result::kMalformed) {
    return Violates(reader.problem(), parts_.empty() ? nullptr : &parts_.back().header);
  }
  for (const Part& part : parts_) {
    const Command command = part.header.command;
    // NEGOTIATE is the first command and comes alone; after it there is no other.
    const bool negotiated = connection_->state().negotiated();
    if (command == Command::kNegotiate && negotiated) {
      return Violates("the dialect has been negotiated already ([MS-SMB2] 3.3.5.4)", &part.header);
    }
    if (command != Command::kNegotiate && !negotiated) {
      return Violates("nothing comes before NEGOTIATE ([MS-SMB2] 3.3.5.2.2)", &part.header);
    }
    if (command == Command::kNegotiate && parts_.size() != 1) {
      return Violates("NEGOTIATE comes alone in its frame", &part.header);
    }
    if (command == Command::kCancel) continue;
    if (!connection_->SpendMessageId(part.header)) {
      return Violates("its message id was not granted or was used before ([MS-SMB2] 3.3.5.2.3)",
                      &part.header);
    }
  }
  return true;
}

void Chain::QueueVerification() {
  uint64_t session_id = 0;
  for (Part& part : parts_) {
    if (!part.header.related()) session_id = part.header.session_id;
    if (part.header.is_signed()) QueueVerification(part, session_id);
  }
}

void Chain::QueueVerification(Part& part, uint64_t session_id) {
  part.check = Check::kNoKey;
  part.verifier = connection_->FindSession(session_id);
  if (part.verifier == nullptr || part.verifier->crypto() == nullptr) return;
  part.check = Check::kQueued;
  crypto::SignJob& job = part.job;
  job.key = &part.verifier->crypto()->signing_key();
  job.segments[0] = part.message;
  job.segment_count = 1;
  job.nonce = session::SessionCryptoState::GmacNonce(part.header.message_id, false,
                                                     part.header.command == Command::kCancel);
  job.verify = true;
  job.signature = part.header.signature;
  const absl::Span<uint8_t> field =
      part.message.subspan(proto::kSignatureOffset, proto::kHeaderSignatureBytes);
  std::fill(field.begin(), field.end(), uint8_t{0});
  worker_.stage().Add(&job);
}

bool Chain::QueueOpening() {
  proto::TransformHeader header;
  if (!proto::TransformHeader::Decode(frame_.bytes, &header)) {
    return Violates("its transform header is malformed ([MS-SMB2] 2.2.41)");
  }
  const absl::Span<uint8_t> payload = frame_.bytes.subspan(proto::kTransformHeaderBytes);
  if (payload.size() < proto::kHeaderBytes || header.original_message_size != payload.size()) {
    return Violates("OriginalMessageSize is not the length of what follows ([MS-SMB2] 2.2.41)");
  }
  sealer_ = connection_->FindSession(header.session_id);
  if (sealer_ == nullptr || sealer_->crypto() == nullptr || !sealer_->crypto()->can_seal()) {
    return Violates("it is encrypted for a session that has no key here ([MS-SMB2] 3.3.5.2.1.1)");
  }
  sealed_ = true;
  open_job_ = crypto::SealJob();
  open_job_.key = &sealer_->crypto()->opening_key();
  open_job_.segments[0] = payload;
  open_job_.segment_count = 1;
  open_job_.associated_data = frame_.bytes.subspan(proto::kTransformAssociatedDataOffset,
                                                   proto::kTransformAssociatedDataBytes);
  std::copy_n(header.nonce.begin(), open_job_.nonce.size(), open_job_.nonce.begin());
  open_job_.open = true;
  open_job_.tag = header.signature;
  worker_.stage().Add(&open_job_);
  return true;
}

bool Chain::FinishOpening() {
  if (!open_job_.ok) {
    worker_.counters().failed_decryptions.Add();
    return Violates("it does not decrypt with its session's key ([MS-SMB2] 3.3.5.2.1.1)");
  }
  if (!std::exchange(StateOf(*sealer_).client_seals, true)) {
    worker_.server().sessions.NoteEncryption(sealer_->id());
  }
  const absl::Span<uint8_t> payload = open_job_.segments[0];
  if (proto::ClassifyFrame(payload) != proto::FrameKind::kSmb2) {
    return Violates("what was encrypted is no SMB2 message ([MS-SMB2] 3.3.5.2.1.1)");
  }
  return Split(payload);
}

}  // namespace sluice::smb
