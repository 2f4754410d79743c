// From a handler's answer to a frame that can be sent: room, headers, credits, compounds, interim
// responses [MS-SMB2] 3.3.4.1 to 3.3.4.4.
#include <algorithm>
#include <utility>

#include "proto/smb2/error.h"
#include "proto/smb2/structure_size.h"
#include "server/base/limits.h"
#include "server/smb/chain.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::kHeaderBytes;
using proto::NtStatus;

namespace {

// Header and body without variable data, of any response; an ERROR response fits.
constexpr size_t kSmallResponseBytes = 160;
constexpr size_t kErrorResponseBytes = kHeaderBytes + 16;
constexpr size_t kReadFixedBytes = kHeaderBytes + 16;  // the data is behind them

// An error by its number, but no failure: the next step of a log-on.
constexpr bool AsksForMore(NtStatus status) { return status == NtStatus::kMoreProcessingRequired; }

constexpr size_t Align8(size_t n) { return (n + 7) & ~size_t{7}; }

}  // namespace

size_t Chain::BoundOf(const Part& part) const {
  const size_t opcode = static_cast<size_t>(part.header.command);
  if (opcode >= Commands().size()) return kSmallResponseBytes;
  const CommandRow& row = Commands()[opcode];
  if (row.response_bound == nullptr ||
      (!smb1_ && !proto::RequestSizeIsRight(part.header.command, part.message))) {
    return kSmallResponseBytes;
  }
  return std::max(kSmallResponseBytes, row.response_bound(part.message));
}

// Of the commands from the present one on.
size_t Chain::BoundOfRest() const {
  size_t bytes = 0;
  for (size_t i = index_; i < parts_.size(); ++i) bytes += Align8(BoundOf(parts_[i]));
  return bytes;
}

// The room that is to be had before the present command begins: what the commands from it on may
// answer with. 0: none, since it may wait for long by itself, or holds a large frame, which must
// not wait for memory that only its own end would free: what of these finds none fails.
size_t Chain::RoomToAwait(const Part& part) const {
  if (out_ != nullptr || frame_.buffer.capacity() > limits::small_frame_bytes_max) return 0;
  switch (part.header.command) {
    case proto::Command::kNegotiate:
    case proto::Command::kSessionSetup:
    case proto::Command::kLock:
    case proto::Command::kChangeNotify:
      return 0;
    default:
      return BoundOfRest();
  }
}

size_t Chain::OutBytes(size_t bytes) {
  return std::min(OutMessage::kPayloadOffset + bytes, limits::frame_bytes_max);
}

void Chain::SetOut(ring::Buffer buffer) {
  out_ = worker_.TakeOut();
  out_->buffer = std::move(buffer);
}

// False where the connection may not have that much now. What may come out of a pipe instead is
// only asked for.
bool Chain::TakeRoom(size_t bytes) {
  if (bytes == 0) return true;
  ring::BufferPool& buffers = worker_.loop().buffers();
  if (request_->header.command == proto::Command::kRead && MayTakePipe(bytes)) {
    return buffers.Allows(connection_->account(), OutBytes(bytes));
  }
  ring::Buffer buffer = buffers.Acquire(OutBytes(bytes), connection_->account());
  if (!buffer) return false;
  SetOut(std::move(buffer));
  return true;
}

bool Chain::EnsureOut(size_t bytes) {
  if (out_ != nullptr) return true;
  ring::BufferPool& buffers = worker_.loop().buffers();
  ring::BufferAccount& account = connection_->account();
  ring::Buffer buffer = buffers.Acquire(OutBytes(bytes), account);
  if (!buffer) buffer = buffers.AcquireForAnswer(OutBytes(bytes), account);
  if (!buffer) {
    worker_.counters().out_of_buffers.Add();
    const size_t least =
        OutMessage::kPayloadOffset + (parts_.size() - index_) * Align8(kErrorResponseBytes);
    buffer = buffers.AcquireForAnswer(least, account);
    if (!buffer) return false;
  }
  SetOut(std::move(buffer));
  return true;
}

// The room of the present command: its bound, or what is left when every later command has been
// left enough for an error.
void Chain::AttachRoom(Response* response) {
  if (!EnsureOut(response->tail_ ? kSmallResponseBytes : BoundOfRest())) {
    connection_->Drop(net::CloseReason::kResource);
    response->Attach({});
    return;
  }
  const size_t reserved = (parts_.size() - index_ - 1) * Align8(kErrorResponseBytes);
  const size_t capacity = std::min(out_->buffer.capacity(), limits::frame_bytes_max);
  const size_t left = capacity - out_->end - reserved;
  const size_t bound = response->tail_ ? kSmallResponseBytes : BoundOf(parts_[index_]);
  const size_t room = std::min(Align8(bound), left);
  response->Attach(out_->buffer.span().subspan(out_->end, room));
}

proto::Header Chain::ResponseHeader(NtStatus status) const {
  const proto::Header& request = request_->header;
  proto::Header header;
  header.credit_charge = request.credit_charge;
  header.status = static_cast<uint32_t>(status);
  header.command = request.command;
  header.flags =
      proto::kFlagResponse |
      (request.flags & (proto::kFlagRelated | proto::kFlagPriorityMask | proto::kFlagReplay));
  header.message_id = request.message_id;
  header.process_id = request.process_id;
  header.tree_id = request.tree_id;
  header.session_id = request.session_id;
  if (request.related()) {
    header.tree_id = last_tree_id_;
    header.session_id = last_session_id_;
  }
  return header;
}

void Chain::EncodeError(Response& response) {
  const absl::Span<const uint8_t> data = response.error_data_;
  response.ResetBody();
  proto::ErrorResponse error;
  if (data.empty() || connection_->dialect() < proto::Dialect::kSmb311) {
    error.error_data = data;
  } else {
    error.contexts.push_back({proto::ErrorId::kDefault, data});
  }
  error.Encode(response.body());
  if (response.body().ok()) return;
  response.ResetBody();
  proto::ErrorResponse().Encode(response.body());
}

void Chain::FinishRequest(NtStatus status) {
  if (async_id_ != 0) connection_->EndAsync();
  cancel_ = nullptr;
  if (!connection_->alive()) return;
  Response& response = request_->response;
  // What has to be protected since the pipe was taken cannot leave as it is; the client asks again.
  if (response.tail_ && (NeedsSealing() || NeedsSignature())) {
    status = NtStatus::kInsufficientResources;
  }
  if (!proto::IsSuccess(status)) response.tail_.Reset();
  if (proto::IsSuccess(status) || response.keep_body_) {
    // A handler that fails before it wrote anything may still say KeepBody.
    if (!response.body().ok() || response.body().size() == kHeaderBytes) {
      status = response.body().ok() ? status : NtStatus::kInsufficientResources;
      EncodeError(response);
    }
  } else {
    EncodeError(response);
  }
  if (response.message().size() < kErrorResponseBytes) return;  // the connection is being dropped
  if (!proto::IsSuccess(status) && !AsksForMore(status)) worker_.CountFailure(status);
  if (request_->header.command == proto::Command::kCreate && !proto::IsSuccess(status)) {
    create_error_ = status;
  }

  proto::Header header = ResponseHeader(status);
  if (async_id_ != 0) {
    header.flags |= proto::kFlagAsync;
    header.async_id = async_id_;
  } else {
    header.credits = connection_->Grant(request_->header);
  }
  CountAnswer(status, response.body().size() + response.tail_.bytes());
  if (parts_.size() > 1 && async_id_ == 0) response.body().AlignTo(8);
  AddPiece(header, response.body().size(), true);
  out_->tail = std::move(response.tail_);
  if (out_->tail) worker_.counters().reads_uncopied.Add();
  response.Detach();
  request_->open.reset();
}

void Chain::CountAnswer(NtStatus status, size_t response_bytes) {
  Answer answer;
  answer.command = request_->header.command;
  answer.failed = proto::IsError(status) && !AsksForMore(status);
  const uint64_t now = worker_.loop().clock().MonotonicNanos();
  answer.nanos = now - std::exchange(began_nanos_, now);
  answer.request_bytes = request_->message.size();
  answer.response_bytes = response_bytes;
  if (!answer.failed && answer.command == proto::Command::kRead) {
    answer.bytes_read = response_bytes - std::min(response_bytes, kReadFixedBytes);
  } else if (!answer.failed && answer.command == proto::Command::kWrite) {
    answer.bytes_written = row_->payload(request_->message);
  }
  worker_.stats().Add(answer, tree_ == nullptr ? nullptr : StateOf(*tree_).stats);
  connection_->activity.Add(answer.bytes_read, answer.bytes_written);
  if (session_ != nullptr) {
    StateOf(*session_).activity.Add(answer.bytes_read, answer.bytes_written);
  }
  if (request_->open != nullptr) {
    request_->open->activity.Add(answer.bytes_read, answer.bytes_written);
  }
}

void Chain::AddPiece(const proto::Header& header, size_t length, bool sign) {
  if (!out_->pieces.empty()) out_->LinkLastTo(out_->end);
  OutMessage::Piece& piece = out_->pieces.emplace_back();
  piece.offset = out_->end;
  piece.length = length;
  piece.message_id = header.message_id;
  proto::Header complete = header;
  const session::SessionCryptoState* keys = session_ == nullptr ? nullptr : session_->crypto();
  if (NeedsSealing()) {
    out_->sealer = sealed_ ? sealer_ : session_;
  } else if (sign && NeedsSignature()) {
    complete.flags |= proto::kFlagSigned;
    piece.signer = std::move(session_);  // the command is at its end
  } else if (keys == nullptr && request_->header.is_signed() &&
             header.status == static_cast<uint32_t>(NtStatus::kUserSessionDeleted)) {
    // There is no key to sign with. A client that needs signatures would take this answer for a
    // forged one and not learn that its session is gone, so it gets its own signature back, as
    // from Windows.
    complete.flags |= proto::kFlagSigned;
    complete.signature = request_->header.signature;
  }
  proto::Writer writer(out_->buffer.span().subspan(piece.offset, kHeaderBytes));
  complete.Encode(writer);
  if (hash_response_ != nullptr) {
    hash_response_->Update(out_->buffer.span().subspan(piece.offset, length));
  }
  out_->end += length;
}

// An encrypted request is answered encrypted; beyond that everything but SESSION_SETUP where the
// session or the tree is to be encrypted [MS-SMB2] 3.3.4.1.4.
bool Chain::NeedsSealing() const {
  if (sealed_) return true;
  if (session_ == nullptr || request_->header.command == proto::Command::kSessionSetup)
    return false;
  const session::SessionCryptoState* keys = session_->crypto();
  if (keys == nullptr || !keys->can_seal()) return false;
  return session_->encrypt() || (tree_ != nullptr && tree_->encrypt &&
                                 request_->header.command != proto::Command::kTreeConnect);
}

bool Chain::NeedsSignature() const {
  const session::SessionCryptoState* keys = session_ == nullptr ? nullptr : session_->crypto();
  return keys != nullptr && (force_signature_ || keys->ShouldSign(sign_, false, false));
}

ring::Pipe Chain::TakePipe(uint64_t offset, size_t bytes) {
  if (!ring::PipePool::Holds(offset, bytes) || async_id_ != 0 || !MayTakePipe(bytes)) return {};
  return worker_.loop().pipes().Acquire();
}

bool Chain::MayTakePipe(size_t bytes) const {
  return bytes >= LargeReads::kBytesMin && parts_.size() == 1 && !NeedsSealing() &&
         !NeedsSignature();
}

// Of a READ whose answer gains nothing from company in the crypto stage's lanes; else 0.
size_t Chain::BytesToRead(const Part& part) const {
  if (part.header.command != proto::Command::kRead) return 0;
  const session::SessionCryptoState* const keys = (sealed_ ? sealer_ : session_)->crypto();
  if (keys != nullptr && NeedsSealing()) {
    if (crypto::CipherNonceBytes(keys->cipher()) != 12) return 0;
  } else if (NeedsSignature()) {
    if (keys->signing_algorithm() == crypto::SigningAlgorithm::kAes128Cmac) return 0;
  }
  return BoundOf(part);
}

void Chain::SendOut() {
  if (out_ == nullptr) return;
  OutMessage* const out = std::exchange(out_, nullptr);
  if (out->pieces.empty() || !connection_->alive()) {
    worker_.ReturnOut(out);
    return;
  }
  connection_->QueueOut(out);
  ListenForBreaks();
}

// A break that the client is told of from now on comes behind the answer that tells of its open.
void Chain::ListenForBreaks() {
  for (NewOpen& fresh : new_opens_) fresh.open->ListenForBreaks(std::move(fresh.notify));
  new_opens_.clear();
}

bool Chain::SendInterim() {
  if (async_id_ != 0) return true;
  if (index_ + 1 != parts_.size() || !connection_->alive()) return false;
  const uint64_t async_id = connection_->BeginAsync();
  if (async_id == 0) return false;
  request_->response.Detach();
  // What the earlier commands of the compound answered goes first, in a frame of its own.
  SendOut();
  if (!EnsureOut(kSmallResponseBytes)) {
    connection_->EndAsync();
    connection_->Drop(net::CloseReason::kResource);
    return false;
  }
  proto::Writer body(out_->buffer.span().subspan(out_->end));
  body.Zeros(kHeaderBytes);
  proto::ErrorResponse().Encode(body);
  proto::Header header = ResponseHeader(NtStatus::kPending);
  header.flags = (header.flags & ~proto::kFlagRelated) | proto::kFlagAsync;
  header.async_id = async_id;
  header.credits = connection_->Grant(request_->header);
  AddPiece(header, body.size(), false);
  SendOut();
  async_id_ = async_id;
  return true;
}

}  // namespace sluice::smb
