#include "benchmarks/load/client/client.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/smb2/compound.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/writer.h"
#include "server/base/limits.h"

namespace sluice::bench {

using proto::NtStatus;

namespace {

// Asked for until this many are there.
constexpr uint64_t kCreditsWanted = 4096;
constexpr uint16_t kCreditsAskedFor = 512;
// Of one send: more waits for the socket, so that memory stays bounded.
constexpr size_t kSendBytesMax = limits::send_queue_bytes_max / 2;
constexpr uint32_t kLimitServerBytesMax = 1u << 20;  // as limits/frames.h has it
constexpr uint64_t kUnsolicited = ~uint64_t{0};      // oplock breaks

}  // namespace

Client::Client(Engine& engine, const ClientOptions& options) : engine_(engine), options_(options) {}

Client::~Client() {
  assert(transport_ == nullptr);
  engine_.Forget(*this);
}

void Client::Reset() {
  terms_ = session::KeyParameters();
  preauth_ = crypto::PreauthHash();
  keys_.reset();
  session_id_ = 0;
  tree_id_ = 0;
  sign_ = seal_ = multi_credit_ = signing_demanded_ = false;
  credits_ = 1;
  next_message_id_ = 0;
  failure_.clear();
  alive_ = true;
  if (!options_.limit) return;
  multi_credit_ = true;
  credits_ = std::numeric_limits<uint32_t>::max();
  read_bytes_max_ = write_bytes_max_ = kLimitServerBytesMax;
}

absl::string_view Client::signing_name() const {
  return sign_ && !seal_ ? crypto::Name(keys_->signing_algorithm()) : "none";
}

absl::string_view Client::cipher_name() const {
  return seal_ ? crypto::Name(keys_->cipher()) : "none";
}

ring::Task<void> Client::Disconnect() {
  struct Wait {
    Client& client;
    bool await_ready() const noexcept { return client.transport_ == nullptr; }
    void await_suspend(std::coroutine_handle<> waiter) {
      client.closing_ = waiter;
      client.transport_->Close(net::CloseReason::kLocal);
    }
    void await_resume() const noexcept {}
  };
  if (alive_) {
    alive_ = false;
    failure_ = "disconnected";
    FailAll();
  }
  Wait wait{*this};
  co_await wait;
}

// --- Sending ---

void Client::Enqueue(Exchange& exchange) {
  if (!alive_ || !exchange.buffer_ || !exchange.body_.ok()) {
    exchange.status_ =
        !alive_ ? NtStatus::kConnectionDisconnected : NtStatus::kInsufficientResources;
    return engine_.QueueFinished(exchange);
  }
  exchange.next_ = nullptr;
  (waiting_first_ == nullptr ? waiting_first_ : waiting_last_->next_) = &exchange;
  waiting_last_ = &exchange;
  engine_.QueueForSending(*this);
}

// While a send is in flight requests wait as they are; they are signed together, in lanes, when the
// socket is about to take them.
void Client::PrepareSend() {
  if (!alive_ || transport_->send_in_flight()) return;
  size_t bytes = 0;
  Exchange** last = &sending_;
  while (waiting_first_ != nullptr && bytes < kSendBytesMax) {
    Exchange* const exchange = waiting_first_;
    if (exchange->charge_ > credits_) {
      if (pending_.empty() && sending_ == nullptr) {
        Fail(absl::StrCat("the server's ", credits_, " credits are too few for a request of ",
                          exchange->charge_, "; use a smaller --bs"));
      }
      break;
    }
    EncodeRequest(*exchange);
    if (!AddJob(*exchange)) {
      Fail("the session's cipher key has sealed as much as is safe");
      break;
    }
    waiting_first_ = std::exchange(exchange->next_, nullptr);
    bytes += exchange->body_.size();
    *last = exchange;
    last = &exchange->next_;
  }
  if (waiting_first_ == nullptr) waiting_last_ = nullptr;
}

void Client::EncodeRequest(Exchange& exchange) {
  exchange.message_id_ = next_message_id_;
  next_message_id_ += exchange.charge_;
  credits_ -= exchange.charge_;
  exchange.sealed_ = seal_;
  exchange.signed_ = !seal_ && keys_ != nullptr && (sign_ || exchange.always_sign_);
  proto::Header header;
  header.command = exchange.command_;
  header.credit_charge = multi_credit_ ? exchange.charge_ : 0;
  header.credits =
      credits_ < kCreditsWanted ? std::max(kCreditsAskedFor, exchange.charge_) : exchange.charge_;
  header.flags = exchange.signed_ ? proto::kFlagSigned : 0;
  header.message_id = exchange.message_id_;
  header.process_id = 0xFEFF;
  header.tree_id = tree_id_;
  header.session_id = session_id_;
  proto::Writer writer(exchange.room_);
  header.Encode(writer);
  if (exchange.hash_ != nullptr) exchange.hash_->Update(exchange.body_.written());
}

bool Client::AddJob(Exchange& exchange) {
  const absl::Span<uint8_t> message = exchange.body_.written();
  if (exchange.sealed_) {
    std::array<uint8_t, 12> nonce{};
    if (!keys_->NextSealingNonce(message.size(), &nonce)) return false;
    proto::TransformHeader transform;
    std::copy_n(nonce.begin(), crypto::CipherNonceBytes(keys_->cipher()), transform.nonce.begin());
    transform.original_message_size = static_cast<uint32_t>(message.size());
    transform.session_id = session_id_;
    const absl::Span<uint8_t> header =
        exchange.buffer_.span().subspan(proto::kNetbiosHeaderBytes, proto::kTransformHeaderBytes);
    proto::Writer writer(header);
    transform.Encode(writer);
    crypto::SealJob& job = exchange.seal_job_;
    job.key = &keys_->sealing_key();
    job.segments[0] = message;
    job.segment_count = 1;
    job.associated_data =
        header.subspan(proto::kTransformAssociatedDataOffset, proto::kTransformAssociatedDataBytes);
    job.nonce = nonce;
    engine_.stage().Add(&job);
  } else if (exchange.signed_) {
    crypto::SignJob& job = exchange.sign_job_;
    job.key = &keys_->signing_key();
    job.segments[0] = message;
    job.segment_count = 1;
    job.nonce = session::SessionCryptoState::GmacNonce(exchange.message_id_, false, false);
    engine_.stage().Add(&job);
  }
  return true;
}

void Client::FinishSend() {
  std::vector<net::OutFrame>& frames = engine_.out_frames();
  while (sending_ != nullptr) {
    Exchange& exchange = *sending_;
    sending_ = std::exchange(exchange.next_, nullptr);
    if (!alive_) {
      exchange.status_ = NtStatus::kConnectionDisconnected;
      engine_.QueueFinished(exchange);
      continue;
    }
    uint8_t* const data = exchange.buffer_.data();
    size_t offset = Exchange::kPayloadOffset - proto::kNetbiosHeaderBytes;
    const size_t end = Exchange::kPayloadOffset + exchange.body_.size();
    if (exchange.sealed_) {
      offset = 0;
      // The signature follows the four bytes of protocol id.
      const auto& tag = exchange.seal_job_.tag;
      std::copy(tag.begin(), tag.end(), data + proto::kNetbiosHeaderBytes + 4);
    } else if (exchange.signed_) {
      const auto& signature = exchange.sign_job_.signature;
      std::copy(signature.begin(), signature.end(),
                data + Exchange::kPayloadOffset + proto::kSignatureOffset);
    }
    proto::NetbiosHeader netbios;
    netbios.length = static_cast<uint32_t>(end - offset - proto::kNetbiosHeaderBytes);
    netbios.Encode(data + offset);
    frames.emplace_back();
    frames.back().buffer = std::move(exchange.buffer_);
    frames.back().offset = static_cast<uint32_t>(offset);
    frames.back().length = static_cast<uint32_t>(end - offset);
    pending_.emplace(exchange.message_id_, &exchange);
  }
  if (!frames.empty()) transport_->Send(absl::MakeSpan(frames));
  frames.clear();
}

void Client::OnWritable(net::Connection&) {
  if (alive_ && waiting_first_ != nullptr) engine_.QueueForSending(*this);
}

// --- Receiving ---

void Client::OnFrame(net::Connection&, net::Frame frame) {
  if (!alive_) return;
  switch (proto::ClassifyFrame(frame.bytes)) {
    case proto::FrameKind::kSmb2:
      return TakeFrame(std::move(frame), false);
    case proto::FrameKind::kTransform:
      return engine_.QueueSealed(*this, std::move(frame));
    default:
      return Fail("the server sent something that is not SMB2");
  }
}

bool Client::AddOpenJob(net::Frame& frame, proto::TransformHeader* header, crypto::SealJob* job) {
  if (keys_ == nullptr || !keys_->can_seal() ||
      !proto::TransformHeader::Decode(frame.bytes, header) || header->session_id != session_id_ ||
      header->original_message_size != frame.bytes.size() - proto::kTransformHeaderBytes) {
    Fail("the server sent an encrypted frame that fits no session");
    return false;
  }
  job->key = &keys_->opening_key();
  job->segments[0] = frame.bytes.subspan(proto::kTransformHeaderBytes);
  job->segment_count = 1;
  job->associated_data = frame.bytes.subspan(proto::kTransformAssociatedDataOffset,
                                             proto::kTransformAssociatedDataBytes);
  std::copy_n(header->nonce.begin(), job->nonce.size(), job->nonce.begin());
  job->open = true;
  job->tag = header->signature;
  engine_.stage().Add(job);
  return true;
}

void Client::TakeOpened(net::Frame frame, bool ok) {
  if (!alive_) return;
  if (!ok) return Fail("an encrypted frame of the server does not decrypt");
  frame.bytes.remove_prefix(proto::kTransformHeaderBytes);
  TakeFrame(std::move(frame), true);
}

// Responses to single requests come in frames of their own; where a server puts several into one,
// each but the last gets a copy.
void Client::TakeFrame(net::Frame frame, bool sealed) {
  proto::CompoundReader reader(frame.bytes, limits::compound_requests_max);
  proto::CompoundPart part;
  proto::CompoundReader::Result result;
  while (alive_ && (result = reader.Next(&part)) != proto::CompoundReader::Result::kEnd) {
    if (result == proto::CompoundReader::Result::kMalformed) {
      return Fail("the server sent a malformed response");
    }
    const absl::Span<uint8_t> message = frame.bytes.subspan(part.offset, part.length);
    if (part.header.next_command == 0) {
      return TakeResponse(part.header, std::move(frame), message, sealed);
    }
    net::Frame copy;
    copy.buffer = engine_.loop().buffers().Acquire(part.length);
    if (!copy.buffer) return Fail("out of memory for a response");
    copy.bytes = copy.buffer.span().first(part.length);
    std::copy(message.begin(), message.end(), copy.bytes.begin());
    const absl::Span<uint8_t> copied = copy.bytes;
    TakeResponse(part.header, std::move(copy), copied, sealed);
  }
}

void Client::TakeResponse(const proto::Header& header, net::Frame frame,
                          absl::Span<uint8_t> message, bool sealed) {
  credits_ += header.credits;
  if (waiting_first_ != nullptr) engine_.QueueForSending(*this);
  if (header.message_id == kUnsolicited) return;
  const auto found = pending_.find(header.message_id);
  if (found == pending_.end() || !header.response()) {
    return Fail(absl::StrCat("the server answered ", proto::CommandName(header.command),
                             " with a message id of no request"));
  }
  Exchange& exchange = *found->second;
  if (header.command != exchange.command_) {
    return Fail(absl::StrCat("the server answered ", proto::CommandName(exchange.command_),
                             " with ", proto::CommandName(header.command)));
  }
  if (header.async() && static_cast<NtStatus>(header.status) == NtStatus::kPending) return;
  if (exchange.sealed_ && !sealed) {
    return Fail(absl::StrCat("the server answered an encrypted ",
                             proto::CommandName(header.command), " without encryption"));
  }
  exchange.verifying_ = keys_ != nullptr && !sealed && !exchange.verify_later_ &&
                        (exchange.signed_ || header.is_signed());
  if (exchange.signed_ && !sealed && !exchange.verify_later_ && !header.is_signed()) {
    return Fail(absl::StrCat("the server did not sign its answer to ",
                             proto::CommandName(header.command), ": ",
                             proto::Name(static_cast<NtStatus>(header.status))));
  }
  pending_.erase(found);
  exchange.status_ = static_cast<NtStatus>(header.status);
  exchange.header_ = header;
  exchange.frame_ = std::move(frame);
  exchange.response_ = message;
  if (exchange.verifying_) {
    std::fill_n(message.begin() + proto::kSignatureOffset, proto::kHeaderSignatureBytes,
                uint8_t{0});
    crypto::SignJob& job = exchange.sign_job_;
    job = crypto::SignJob();
    job.key = &keys_->signing_key();
    job.segments[0] = message;
    job.segment_count = 1;
    job.nonce = session::SessionCryptoState::GmacNonce(header.message_id, true, false);
    job.verify = true;
    job.signature = header.signature;
    engine_.stage().Add(&job);
  }
  engine_.QueueFinished(exchange);
}

void Client::Finish(Exchange& exchange) {
  if (exchange.verifying_ && !exchange.sign_job_.ok) {
    exchange.status_ = NtStatus::kInvalidSignature;
    Fail(absl::StrCat("the signature of an answer to ", proto::CommandName(exchange.command_),
                      " is wrong"));
  }
  exchange.awaiter_.resume();
}

// --- The end ---

void Client::Fail(std::string reason) {
  if (!alive_) return;
  alive_ = false;
  failure_ = std::move(reason);
  FailAll();
  transport_->Close(net::CloseReason::kProtocolError);
}

void Client::FailAll() {
  while (waiting_first_ != nullptr) {
    Exchange& exchange = *waiting_first_;
    waiting_first_ = std::exchange(exchange.next_, nullptr);
    exchange.status_ = NtStatus::kConnectionDisconnected;
    engine_.QueueFinished(exchange);
  }
  waiting_last_ = nullptr;
  for (const auto& [id, exchange] : pending_) {
    exchange->status_ = NtStatus::kConnectionDisconnected;
    engine_.QueueFinished(*exchange);
  }
  pending_.clear();
}

void Client::OnClosed(net::Connection&, net::CloseReason reason) {
  if (alive_) {
    alive_ = false;
    failure_ = absl::StrCat("the server ended the connection (", net::Name(reason), ")");
    FailAll();
  }
  transport_.reset();
  if (closing_) engine_.Resume(std::exchange(closing_, {}));
}

absl::Status Client::Failed(absl::string_view step, NtStatus status) const {
  if (status == NtStatus::kConnectionDisconnected && !failure_.empty()) {
    return absl::UnavailableError(absl::StrCat(step, ": ", failure_));
  }
  return absl::FailedPreconditionError(absl::StrCat(step, ": ", proto::Name(status)));
}

}  // namespace sluice::bench
