#include "tests/fuzz/fuzz_client.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "proto/smb2/compound.h"
#include "proto/smb2/create.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/structure_size.h"
#include "proto/smb2/transform_header.h"
#include "proto/smb2/tree_connect.h"
#include "proto/status/nt_status.h"
#include "proto/wire/netbios.h"
#include "proto/wire/utf16.h"
#include "server/auth/spnego_client.h"
#include "tests/fuzz/response_check.h"

namespace sluice::fuzz {

using proto::Command;
using proto::NtStatus;

namespace {

constexpr size_t kPartsMax = 64;
constexpr uint16_t kCreditsWanted = 128;
// More would be a matter of memory, not of code.
constexpr uint8_t kChargeMax = 4;
constexpr size_t kChainBytesMax = 1u << 20;

constexpr proto::Dialect kDialects[] = {proto::Dialect::kSmb311, proto::Dialect::kSmb302,
                                        proto::Dialect::kSmb210, proto::Dialect::kSmb202};
constexpr crypto::SigningAlgorithm kSigning[] = {
    crypto::SigningAlgorithm::kAes128Gmac, crypto::SigningAlgorithm::kAes128Cmac,
    crypto::SigningAlgorithm::kHmacSha256, crypto::SigningAlgorithm::kAes128Gmac};
constexpr crypto::Cipher kCiphers[] = {crypto::Cipher::kAes128Gcm, crypto::Cipher::kAes128Ccm,
                                       crypto::Cipher::kAes256Gcm, crypto::Cipher::kAes256Ccm};
constexpr const char* kUsers[] = {"alice", "bob", "", "mallory"};

// Where the FileId of a request lies; 0 for none.
size_t FileIdOffset(Command command) {
  switch (command) {
    case Command::kClose:
    case Command::kFlush:
    case Command::kLock:
    case Command::kIoctl:
    case Command::kQueryDirectory:
    case Command::kChangeNotify:
    case Command::kOplockBreak:
      return 72;
    case Command::kRead:
    case Command::kWrite:
    case Command::kSetInfo:
      return 80;
    case Command::kQueryInfo:
      return 88;
    default:
      return 0;
  }
}

template <typename Body>
Bytes Message(const proto::Header& header, const Body& body) {
  Bytes bytes(4096);
  proto::Writer writer(absl::MakeSpan(bytes));
  header.Encode(writer);
  body.Encode(writer);
  bytes.resize(writer.size());
  return bytes;
}

// Whether to say what is answered.
bool Tracing() {
  static const bool tracing = std::getenv("SLUICE_FUZZ_TRACE") != nullptr;
  return tracing;
}

absl::string_view View(absl::Span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

FuzzClient::FuzzClient(FuzzServer& server, crypto::BatchStage& stage, uint8_t options,
                       std::function<void()> settle)
    : server_(server),
      stage_(stage),
      options_(options),
      settle_(std::move(settle)),
      peer_(server.Connect()) {}

proto::Header FuzzClient::NextHeader(const Record& record) {
  proto::Header header;
  header.command = static_cast<Command>(record.command);
  header.status = static_cast<uint32_t>(record.header >> kHeaderChannelSequenceShift);
  header.credits = kCreditsWanted;
  header.process_id = 0xFEFF;
  header.session_id = session_id_;
  const bool multi_credit = dialect_ != proto::Dialect::kSmb202;
  header.credit_charge = multi_credit ? std::min(record.charge, kChargeMax) : 0;
  if ((record.header & kHeaderAsync) != 0) header.flags |= proto::kFlagAsync;
  if ((record.header & kHeaderReplay) != 0) header.flags |= proto::kFlagReplay;
  if ((record.header & kHeaderDfs) != 0) header.flags |= proto::kFlagDfs;
  if ((record.header & kHeaderPriority) != 0) header.flags |= proto::kFlagPriorityMask;
  if ((record.header & kHeaderResponse) != 0) header.flags |= proto::kFlagResponse;
  if ((record.flags & kFlagRelated) != 0) header.flags |= proto::kFlagRelated;
  const SessionKeys* keys = Keys();
  const size_t tree = record.flags & kFlagTreeMask;
  const size_t on_disk = (record.header & kHeaderOnDisk) != 0 ? 3 : 0;
  if (keys != nullptr && tree < 3) header.tree_id = keys->trees[tree + on_disk];
  if (header.command == Command::kCancel) {
    FixCancel(record, &header);
    return header;
  }
  header.message_id = next_message_id_;
  if ((record.flags & kFlagWrongMessageId) != 0) {
    header.message_id -= 1 + record.charge % 4;
  } else {
    next_message_id_ += std::max<uint16_t>(1, header.credit_charge);
  }
  sent_ids_.push_back(header.message_id);
  return header;
}

// A CANCEL names an earlier request: by an async id, counted from 1, or by its message id, counted
// from the last one.
void FuzzClient::FixCancel(const Record& record, proto::Header* header) const {
  header->credit_charge = 0;
  if (header->async()) {
    header->async_id = record.charge;
  } else if (!sent_ids_.empty()) {
    header->message_id = sent_ids_[sent_ids_.size() - 1 - record.charge % sent_ids_.size()];
  }
}

// The FileId's first byte says which open: 0 is the last one made.
void FuzzClient::FixFileId(const Record& record, Bytes* message) const {
  const size_t offset = FileIdOffset(static_cast<Command>(record.command));
  if ((record.flags & kFlagOwnFileId) != 0 || offset == 0 || files_.empty() ||
      message->size() < offset + proto::kFileIdBytes) {
    return;
  }
  const size_t which = (*message)[offset] % files_.size();
  Bytes id(proto::kFileIdBytes);
  proto::Writer writer(absl::MakeSpan(id));
  files_[files_.size() - 1 - which].Write(writer);
  std::copy(id.begin(), id.end(), message->begin() + static_cast<ptrdiff_t>(offset));
}

FuzzClient::SessionKeys* FuzzClient::Keys() {
  const auto found = sessions_.find(session_id_);
  return found == sessions_.end() ? nullptr : &found->second;
}

bool FuzzClient::has_all_trees() {
  const SessionKeys* keys = Keys();
  return keys != nullptr && std::count(keys->trees.begin(), keys->trees.end(), 0u) == 0;
}

void FuzzClient::Request(const Record& record) {
  const proto::Header header = NextHeader(record);
  Bytes message(proto::kHeaderBytes);
  proto::Writer writer(absl::MakeSpan(message));
  header.Encode(writer);
  message.insert(message.end(), record.body.begin(), record.body.end());
  FixFileId(record, &message);
  chain_.push_back(std::move(message));
  chain_signed_.push_back((record.flags & kFlagSign) != 0 ||
                          (options_ & kOptionSigningRequired) != 0);
  size_t bytes = 0;
  for (const Bytes& part : chain_) bytes += part.size();
  if (record.record_kind() == RecordKind::kLinked && bytes < kChainBytesMax) return;
  if ((record.flags & kFlagSeal) != 0 || (options_ & kOptionEncryptionRequired) != 0) {
    std::fill(chain_signed_.begin(), chain_signed_.end(), false);
    SendSealed(TakeChain());
  } else {
    FinishFrame();
  }
}

void FuzzClient::FinishFrame() {
  if (!chain_.empty()) SendFrame(TakeChain());
}

Bytes FuzzClient::TakeChain() {
  Bytes frame;
  for (size_t i = 0; i < chain_.size(); ++i) {
    Bytes& part = chain_[i];
    if (i + 1 < chain_.size()) {
      part.resize((part.size() + 7) & ~size_t{7});
      proto::Writer link(absl::MakeSpan(part));
      link.Advance(proto::kHeaderBytes);
      link.PatchU32(proto::kHeaderNextCommandOffset, static_cast<uint32_t>(part.size()));
    }
    if (chain_signed_[i]) Sign(&part);
    frame.insert(frame.end(), part.begin(), part.end());
  }
  chain_.clear();
  chain_signed_.clear();
  return frame;
}

void FuzzClient::SendFrame(absl::Span<const uint8_t> frame) {
  Bytes start(proto::kNetbiosHeaderBytes);
  proto::NetbiosHeader header;
  header.length = static_cast<uint32_t>(frame.size());
  header.Encode(start.data());
  SendStream(start);
  SendStream(frame);
}

void FuzzClient::SendStream(absl::Span<const uint8_t> bytes) { peer_.Write(View(bytes)); }

// Where there is no key it stays unsigned.
void FuzzClient::Sign(Bytes* message) {
  proto::Header header;
  const SessionKeys* keys = Keys();
  if (keys == nullptr || keys->keys == nullptr || !proto::Header::Decode(*message, &header)) {
    return;
  }
  header.flags |= proto::kFlagSigned;
  header.signature = {};
  proto::Writer writer(absl::MakeSpan(*message));
  header.Encode(writer);
  crypto::SignJob job;
  job.key = &keys->keys->signing_key();
  job.segments[0] = absl::MakeSpan(*message);
  job.segment_count = 1;
  job.nonce = session::SessionCryptoState::GmacNonce(header.message_id, false,
                                                     header.command == Command::kCancel);
  stage_.Add(&job);
  stage_.Flush();
  std::copy(job.signature.begin(), job.signature.end(), message->begin() + proto::kSignatureOffset);
}

// Where there is nothing to seal with it goes as it is.
void FuzzClient::SendSealed(Bytes plain) {
  SessionKeys* keys = Keys();
  std::array<uint8_t, 12> nonce{};
  if (keys == nullptr || keys->keys == nullptr || !keys->keys->can_seal() ||
      !keys->keys->NextSealingNonce(plain.size(), &nonce)) {
    SendFrame(plain);
    return;
  }
  proto::TransformHeader header;
  std::copy_n(nonce.begin(), crypto::CipherNonceBytes(keys->keys->cipher()), header.nonce.begin());
  header.original_message_size = static_cast<uint32_t>(plain.size());
  header.session_id = session_id_;
  Bytes frame(proto::kTransformHeaderBytes);
  frame.insert(frame.end(), plain.begin(), plain.end());
  proto::Writer writer(absl::MakeSpan(frame));
  header.Encode(writer);
  crypto::SealJob job;
  job.key = &keys->keys->sealing_key();
  job.segments[0] = absl::MakeSpan(frame).subspan(proto::kTransformHeaderBytes);
  job.segment_count = 1;
  job.associated_data = absl::MakeConstSpan(frame).subspan(proto::kTransformAssociatedDataOffset,
                                                           proto::kTransformAssociatedDataBytes);
  job.nonce = nonce;
  stage_.Add(&job);
  stage_.Flush();
  std::copy(job.tag.begin(), job.tag.end(), frame.begin() + 4);
  SendFrame(frame);
}

bool FuzzClient::Open(Bytes* frame) {
  proto::TransformHeader header;
  if (!proto::TransformHeader::Decode(*frame, &header)) Finding("a transform header is malformed");
  const auto found = sessions_.find(header.session_id);
  // A session that the input itself has set up: nobody here knows its keys.
  if (found == sessions_.end() || found->second.keys == nullptr) return false;
  crypto::SealJob job;
  job.key = &found->second.keys->opening_key();
  job.segments[0] = absl::MakeSpan(*frame).subspan(proto::kTransformHeaderBytes);
  job.segment_count = 1;
  job.associated_data = absl::MakeConstSpan(*frame).subspan(proto::kTransformAssociatedDataOffset,
                                                            proto::kTransformAssociatedDataBytes);
  std::copy_n(header.nonce.begin(), job.nonce.size(), job.nonce.begin());
  job.open = true;
  job.tag = header.signature;
  stage_.Add(&job);
  stage_.Flush();
  if (!job.ok) Finding("a sealed response does not open");
  frame->erase(frame->begin(), frame->begin() + proto::kTransformHeaderBytes);
  return true;
}

bool FuzzClient::Read() {
  const std::string bytes = peer_.Read();
  received_.insert(received_.end(), bytes.begin(), bytes.end());
  proto::NetbiosHeader header;
  size_t at = 0;
  while (proto::NetbiosHeader::Decode(absl::MakeConstSpan(received_).subspan(at), &header)) {
    if (header.type != proto::kNetbiosSessionMessage) Finding("a frame has another type");
    const size_t begin = at + proto::kNetbiosHeaderBytes;
    if (received_.size() - begin < header.length) break;
    at = begin + header.length;
    TakeFrame(Bytes(received_.begin() + static_cast<ptrdiff_t>(begin),
                    received_.begin() + static_cast<ptrdiff_t>(at)));
  }
  received_.erase(received_.begin(), received_.begin() + static_cast<ptrdiff_t>(at));
  return !bytes.empty();
}

void FuzzClient::TakeFrame(Bytes frame) {
  bool sealed = false;
  switch (proto::ClassifyFrame(frame)) {
    case proto::FrameKind::kTransform:
      if (!Open(&frame)) return;
      sealed = true;
      break;
    case proto::FrameKind::kSmb2:
      break;
    default:
      Finding("a frame is not SMB2");
  }
  proto::CompoundReader reader(frame, kPartsMax);
  proto::CompoundPart part;
  proto::CompoundReader::Result result;
  while ((result = reader.Next(&part)) == proto::CompoundReader::Result::kPart) {
    TakeResponse(part.header, absl::MakeSpan(frame).subspan(part.offset, part.length), sealed);
  }
  if (result != proto::CompoundReader::Result::kEnd) Finding("a chain of responses is malformed");
}

void FuzzClient::TakeResponse(const proto::Header& header, absl::Span<uint8_t> message,
                              bool sealed) {
  if (Tracing()) {
    std::fprintf(stderr, "%s: %s\n", std::string(proto::CommandName(header.command)).c_str(),
                 std::string(proto::Name(static_cast<NtStatus>(header.status))).c_str());
  }
  CheckResponse(header, message);
  const auto status = static_cast<NtStatus>(header.status);
  // Of a session that is gone a request gets its own signature back.
  if (header.is_signed() && !sealed && status != NtStatus::kUserSessionDeleted) {
    CheckSignature(header, message);
  }
  const auto awaited = awaited_.find(header.message_id);
  if (awaited != awaited_.end() && status != NtStatus::kPending) {
    awaited->second = Bytes(message.begin(), message.end());
  }
  proto::CreateResponse create;
  if (header.command == Command::kCreate && status == NtStatus::kOk &&
      proto::CreateResponse::Decode(message, &create)) {
    files_.push_back(create.file_id);
  }
  if (header.command == Command::kSessionSetup && session_id_ == 0) {
    session_id_ = header.session_id;
  }
}

void FuzzClient::CheckSignature(const proto::Header& header, absl::Span<const uint8_t> message) {
  const auto found = sessions_.find(header.session_id);
  if (found == sessions_.end() || found->second.keys == nullptr) return;
  Bytes copy(message.begin(), message.end());
  std::fill_n(copy.begin() + proto::kSignatureOffset, proto::kHeaderSignatureBytes, uint8_t{0});
  crypto::SignJob job;
  job.key = &found->second.keys->signing_key();
  job.segments[0] = absl::MakeSpan(copy);
  job.segment_count = 1;
  job.nonce = session::SessionCryptoState::GmacNonce(header.message_id, true, false);
  job.verify = true;
  job.signature = header.signature;
  stage_.Add(&job);
  stage_.Flush();
  if (!job.ok) Finding("a response's signature is wrong");
}

void FuzzClient::Begin(const proto::Header& header, Bytes message) {
  awaited_[header.message_id];
  const SessionKeys* keys = Keys();
  const bool can = keys != nullptr && keys->keys != nullptr;
  if (can && (options_ & kOptionEncryptionRequired) != 0 && keys->keys->can_seal() &&
      header.command != Command::kSessionSetup) {
    SendSealed(std::move(message));
  } else {
    if (can) Sign(&message);
    SendFrame(message);
  }
}

std::optional<Bytes> FuzzClient::Call(const proto::Header& header, Bytes message) {
  Begin(header, std::move(message));
  settle_();
  std::optional<Bytes> answer = std::move(awaited_[header.message_id]);
  awaited_.clear();
  return answer;
}

bool FuzzClient::Negotiate() {
  const size_t algorithms = options_ >> kOptionAlgorithmsShift;
  proto::NegotiateRequest request;
  request.security_mode = proto::kSigningEnabled;
  request.capabilities = proto::kCapLargeMtu | proto::kCapEncryption;
  request.client_guid = {1, 2, 3, 4};
  const proto::Dialect wanted = kDialects[options_ & kOptionDialectMask];
  request.dialects.push_back(static_cast<uint16_t>(wanted));
  const Bytes salt(32, 7);
  if (wanted == proto::Dialect::kSmb311) {
    request.contexts.preauth_integrity.emplace();
    request.contexts.preauth_integrity->hash_algorithms = {proto::kHashSha512};
    request.contexts.preauth_integrity->salt = salt;
    request.contexts.ciphers = {static_cast<uint16_t>(kCiphers[algorithms])};
    request.contexts.signing_algorithms = {static_cast<uint16_t>(kSigning[algorithms])};
  }
  Record record;
  record.command = static_cast<uint8_t>(Command::kNegotiate);
  record.charge = 0;
  const proto::Header header = NextHeader(record);
  const Bytes message = Message(header, request);
  const std::optional<Bytes> answer = Call(header, message);
  proto::NegotiateResponse response;
  if (!answer.has_value() || !proto::NegotiateResponse::Decode(*answer, &response)) return false;
  dialect_ = response.dialect_revision;
  if (dialect_ >= proto::Dialect::kSmb300) signing_ = crypto::SigningAlgorithm::kAes128Cmac;
  if (response.contexts.signing_algorithms.has_value()) {
    signing_ = static_cast<crypto::SigningAlgorithm>(response.contexts.signing_algorithms->front());
  }
  if (response.contexts.ciphers.has_value()) {
    cipher_ = static_cast<crypto::Cipher>(response.contexts.ciphers->front());
  } else if ((response.capabilities & proto::kCapEncryption) != 0) {
    cipher_ = crypto::Cipher::kAes128Ccm;
  }
  preauth_.Update(message);
  preauth_.Update(*answer);
  return true;
}

bool FuzzClient::LogOn(uint8_t user, bool again, uint64_t previous_session) {
  FinishFrame();
  auth::NtlmCredentials credentials;
  credentials.user = kUsers[user % 4];
  if (!credentials.user.empty()) {
    credentials.nt_hash = *auth::NtHashOfPassword(FuzzServer::kPassword);
  }
  auth::SpnegoClient spnego(credentials, server_.client_random(), server_.clock());
  crypto::PreauthHash hash = preauth_;
  if (!again) session_id_ = 0;
  Bytes token = spnego.Start();
  for (;;) {
    proto::SessionSetupRequest request;
    request.security_mode = static_cast<uint8_t>(proto::kSigningEnabled);
    request.previous_session_id = previous_session;
    request.security_buffer = token;
    Record record;
    record.command = static_cast<uint8_t>(Command::kSessionSetup);
    record.flags = kFlagTreeMask;
    const proto::Header header = NextHeader(record);
    const Bytes message = Message(header, request);
    hash.Update(message);
    const std::optional<Bytes> answer = Call(header, message);
    proto::Header answered;
    proto::SessionSetupResponse response;
    if (!answer.has_value() || !proto::Header::Decode(*answer, &answered) ||
        !proto::SessionSetupResponse::Decode(*answer, &response)) {
      return false;
    }
    session_id_ = answered.session_id;
    const auto status = static_cast<NtStatus>(answered.status);
    if (status == NtStatus::kMoreProcessingRequired) {
      hash.Update(*answer);
      if (!spnego.Continue(response.security_buffer, &token)) return false;
      continue;
    }
    if (status != NtStatus::kOk || !spnego.Finish(response.security_buffer)) return false;
    if (again) return true;
    session::KeyParameters parameters;
    parameters.dialect = dialect_;
    parameters.signing_algorithm = signing_;
    parameters.cipher = cipher_;
    parameters.preauth_hash = hash.value();
    parameters.role = session::Role::kClient;
    SessionKeys& fresh = sessions_[session_id_];
    fresh = SessionKeys();
    const bool plain =
        (response.session_flags & (proto::kSessionFlagIsGuest | proto::kSessionFlagIsNull)) != 0;
    if (!plain) {
      fresh.keys =
          session::SessionCryptoState::DeriveAllKeys(spnego.session_key().span(), parameters);
    }
    return true;
  }
}

void FuzzClient::ConnectTrees() {
  std::array<uint64_t, FuzzServer::kShares.size()> ids;
  for (size_t i = 0; i < ids.size(); ++i) {
    Bytes path;
    proto::Utf8ToUtf16(absl::StrCat("\\\\server\\", FuzzServer::kShares[i]), &path);
    proto::TreeConnectRequest request;
    request.path = path;
    Record record;
    record.command = static_cast<uint8_t>(Command::kTreeConnect);
    record.flags = kFlagTreeMask;
    const proto::Header header = NextHeader(record);
    ids[i] = header.message_id;
    Begin(header, Message(header, request));
  }
  settle_();
  SessionKeys* keys = Keys();
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::optional<Bytes>& answer = awaited_[ids[i]];
    proto::Header header;
    if (keys != nullptr && answer.has_value() && proto::Header::Decode(*answer, &header) &&
        static_cast<NtStatus>(header.status) == NtStatus::kOk) {
      keys->trees[i] = header.tree_id;
    }
  }
  awaited_.clear();
}

}  // namespace sluice::fuzz
