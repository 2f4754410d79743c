#include "tests/server/smb/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/smb2/compound.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/transform_header.h"
#include "proto/smb2/tree_connect.h"
#include "proto/wire/netbios.h"
#include "proto/wire/utf16.h"
#include "server/auth/spnego_client.h"
#include "server/base/clock.h"
#include "server/base/random.h"

namespace sluice::smb {

using proto::Command;
using proto::NtStatus;

namespace {

constexpr int kPatienceMillis = 10'000;

size_t Align8(size_t n) { return (n + 7) & ~size_t{7}; }

}  // namespace

TestClient::TestClient(absl::string_view address, ClientOptions options)
    : options_(std::move(options)), stage_(crypto::BatchStage::Create()) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  uint32_t port = 0;
  if (!absl::SimpleAtoi(address.substr(colon + 1), &port)) return;
  to.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, std::string(address.substr(0, colon)).c_str(), &to.sin_addr);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) Disconnect();
}

TestClient::~TestClient() { Disconnect(); }

void TestClient::Disconnect() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

proto::Header TestClient::NextHeader(Command command, uint16_t credit_charge) {
  proto::Header header;
  header.command = command;
  header.credit_charge = credit_charge;
  header.credits = options_.credits;
  header.message_id = next_message_id;
  header.session_id = session_id;
  header.tree_id = tree_id;
  header.process_id = 0xFEFF;
  next_message_id += std::max<uint16_t>(1, credit_charge);
  return header;
}

void TestClient::SendRaw(absl::Span<const uint8_t> bytes) {
  while (!bytes.empty() && fd_ >= 0) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void TestClient::SendFrame(absl::Span<const uint8_t> frame) {
  Bytes bytes(proto::kNetbiosHeaderBytes);
  proto::NetbiosHeader header;
  header.length = static_cast<uint32_t>(frame.size());
  header.Encode(bytes.data());
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  SendRaw(bytes);
}

void TestClient::Sign(Bytes* message) {
  proto::Header header;
  if (keys == nullptr || !proto::Header::Decode(*message, &header)) return;
  header.flags |= proto::kFlagSigned;
  header.signature = {};
  proto::Writer writer(absl::MakeSpan(*message));
  header.Encode(writer);
  crypto::SignJob job;
  job.key = &keys->signing_key();
  job.segments[0] = absl::MakeSpan(*message);
  job.segment_count = 1;
  job.nonce = session::SessionCryptoState::GmacNonce(header.message_id, false,
                                                     header.command == Command::kCancel);
  stage_->Add(&job);
  stage_->Flush();
  std::copy(job.signature.begin(), job.signature.end(), message->begin() + proto::kSignatureOffset);
}

Bytes TestClient::Seal(absl::Span<const uint8_t> messages) {
  Bytes frame(proto::kTransformHeaderBytes);
  proto::TransformHeader header;
  std::array<uint8_t, 12> nonce{};
  if (!keys->NextSealingNonce(messages.size(), &nonce)) return {};
  std::copy_n(nonce.begin(), crypto::CipherNonceBytes(keys->cipher()), header.nonce.begin());
  header.original_message_size = static_cast<uint32_t>(messages.size());
  header.session_id = session_id;
  frame.insert(frame.end(), messages.begin(), messages.end());
  proto::Writer writer(absl::MakeSpan(frame));
  header.Encode(writer);
  crypto::SealJob job;
  job.key = &keys->sealing_key();
  job.segments[0] = absl::MakeSpan(frame).subspan(proto::kTransformHeaderBytes);
  job.segment_count = 1;
  job.associated_data = absl::MakeConstSpan(frame).subspan(proto::kTransformAssociatedDataOffset,
                                                           proto::kTransformAssociatedDataBytes);
  job.nonce = nonce;
  stage_->Add(&job);
  stage_->Flush();
  std::copy(job.tag.begin(), job.tag.end(), frame.begin() + 4);
  return frame;
}

void TestClient::SendChain(std::vector<Bytes> messages) {
  Bytes frame;
  for (size_t i = 0; i < messages.size(); ++i) {
    Bytes& message = messages[i];
    if (i + 1 < messages.size()) {
      message.resize(Align8(message.size()));
      proto::Writer writer(absl::MakeSpan(message));
      writer.Advance(proto::kHeaderBytes);
      writer.PatchU32(proto::kHeaderNextCommandOffset, static_cast<uint32_t>(message.size()));
    }
    if (sign && !seal) Sign(&message);
    frame.insert(frame.end(), message.begin(), message.end());
  }
  SendFrame(seal ? Seal(frame) : frame);
}

bool TestClient::ReadExactly(uint8_t* out, size_t bytes) {
  while (bytes != 0) {
    if (fd_ < 0) return false;
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, kPatienceMillis) <= 0) return false;
    const ssize_t got = recv(fd_, out, bytes, 0);
    if (got <= 0) return false;
    out += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

bool TestClient::ReadFrame(Bytes* frame) {
  std::array<uint8_t, proto::kNetbiosHeaderBytes> start;
  proto::NetbiosHeader header;
  if (!ReadExactly(start.data(), start.size())) return false;
  proto::NetbiosHeader::Decode(start, &header);
  frame->resize(header.length);
  return ReadExactly(frame->data(), frame->size());
}

bool TestClient::Open(Bytes* frame) {
  proto::TransformHeader header;
  if (keys == nullptr || !proto::TransformHeader::Decode(*frame, &header)) return false;
  crypto::SealJob job;
  job.key = &keys->opening_key();
  job.segments[0] = absl::MakeSpan(*frame).subspan(proto::kTransformHeaderBytes);
  job.segment_count = 1;
  job.associated_data = absl::MakeConstSpan(*frame).subspan(proto::kTransformAssociatedDataOffset,
                                                            proto::kTransformAssociatedDataBytes);
  std::copy_n(header.nonce.begin(), job.nonce.size(), job.nonce.begin());
  nonces.push_back(header.nonce);
  job.open = true;
  job.tag = header.signature;
  stage_->Add(&job);
  stage_->Flush();
  frame->erase(frame->begin(), frame->begin() + proto::kTransformHeaderBytes);
  return job.ok;
}

bool TestClient::Check(const Reply& reply) {
  if (keys == nullptr || !reply.header.is_signed()) return false;
  Bytes copy = reply.message;
  std::fill_n(copy.begin() + proto::kSignatureOffset, proto::kHeaderSignatureBytes, uint8_t{0});
  crypto::SignJob job;
  job.key = &keys->signing_key();
  job.segments[0] = absl::MakeSpan(copy);
  job.segment_count = 1;
  job.nonce = session::SessionCryptoState::GmacNonce(reply.header.message_id, true, false);
  job.verify = true;
  job.signature = reply.header.signature;
  stage_->Add(&job);
  stage_->Flush();
  return job.ok;
}

bool TestClient::Take(Bytes frame) {
  ++frames_;
  bool sealed = false;
  if (proto::ClassifyFrame(frame) == proto::FrameKind::kTransform) {
    if (!Open(&frame)) return false;
    sealed = true;
  }
  proto::CompoundReader reader(frame, 1000);
  proto::CompoundPart part;
  proto::CompoundReader::Result result;
  while ((result = reader.Next(&part)) == proto::CompoundReader::Result::kPart) {
    Reply reply;
    reply.header = part.header;
    reply.message.assign(frame.begin() + static_cast<ptrdiff_t>(part.offset),
                         frame.begin() + static_cast<ptrdiff_t>(part.offset + part.length));
    reply.sealed = sealed;
    reply.frame = frames_;
    reply.signature_right = Check(reply);
    credits += part.header.credits;
    inbox_.push_back(std::move(reply));
  }
  return result == proto::CompoundReader::Result::kEnd;
}

std::optional<Reply> TestClient::Receive() {
  while (inbox_.empty()) {
    Bytes frame;
    if (!ReadFrame(&frame) || !Take(std::move(frame))) return std::nullopt;
  }
  Reply reply = std::move(inbox_.front());
  inbox_.pop_front();
  return reply;
}

std::optional<Reply> TestClient::WaitFor(uint64_t message_id) {
  std::deque<Reply> others;
  std::optional<Reply> found;
  while (!found.has_value()) {
    std::optional<Reply> reply = Receive();
    if (!reply.has_value()) break;
    if (reply->header.message_id != message_id) {
      others.push_back(*std::move(reply));
    } else if (reply->status() == NtStatus::kPending) {
      interim.push_back(*std::move(reply));
    } else {
      last_header = reply->header;
      found = std::move(reply);
    }
  }
  for (Reply& other : inbox_) others.push_back(std::move(other));
  inbox_ = std::move(others);
  return found;
}

bool TestClient::WaitForEnd(int millis) {
  for (;;) {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, millis) <= 0) return false;
    uint8_t ignored[4096];
    if (recv(fd_, ignored, sizeof(ignored), 0) <= 0) return true;
  }
}

bool TestClient::Silent(int millis) {
  pollfd wait{fd_, POLLIN, 0};
  return inbox_.empty() && poll(&wait, 1, millis) == 0;
}

bool TestClient::Negotiate() {
  const Bytes salt(32, 7);
  const proto::NegotiateRequest request = session::MakeNegotiateRequest(options_, salt);
  const proto::Header header = NextHeader(Command::kNegotiate, 0);
  const Bytes message = Message(header, request);
  SendFrame(message);
  const std::optional<Reply> reply = WaitFor(header.message_id);
  if (!reply.has_value() || reply->status() != NtStatus::kOk ||
      !proto::NegotiateResponse::Decode(reply->message, &negotiated)) {
    return false;
  }
  if (negotiated.contexts.signing_algorithms.has_value()) {
    signing_context = negotiated.contexts.signing_algorithms->front();
  }
  preauth_.Update(message);
  preauth_.Update(reply->message);
  return true;
}

NtStatus TestClient::LogOn(absl::string_view user, absl::string_view password,
                           uint64_t previous_session) {
  session_id = 0;
  return Authenticate(user, password, previous_session, false);
}

NtStatus TestClient::LogOnAgain(absl::string_view user, absl::string_view password) {
  return Authenticate(user, password, 0, true);
}

NtStatus TestClient::Authenticate(absl::string_view user, absl::string_view password,
                                  uint64_t previous_session, bool again) {
  auth::NtlmCredentials credentials;
  credentials.user = std::string(user);
  if (!user.empty()) credentials.nt_hash = *auth::NtHashOfPassword(password);
  auth::SpnegoClient spnego(credentials, base::SystemRandom(), base::SystemClock());
  crypto::PreauthHash hash = preauth_;
  Bytes token = spnego.Start();
  const bool signs = std::exchange(sign, again && sign);
  for (;;) {
    proto::SessionSetupRequest request;
    request.security_mode = static_cast<uint8_t>(options_.security_mode);
    request.previous_session_id = previous_session;
    request.security_buffer = token;
    const proto::Header header = NextHeader(Command::kSessionSetup);
    const Bytes message = Message(header, request);
    hash.Update(message);
    SendChain({message});
    const std::optional<Reply> reply = WaitFor(header.message_id);
    sign = sign || (again && signs);
    if (!reply.has_value()) return NtStatus::kConnectionDisconnected;
    proto::SessionSetupResponse response;
    if (reply->status() != NtStatus::kOk && reply->status() != NtStatus::kMoreProcessingRequired) {
      return reply->status();
    }
    if (!proto::SessionSetupResponse::Decode(reply->message, &response)) {
      return NtStatus::kInvalidNetworkResponse;
    }
    session_id = reply->header.session_id;
    if (reply->status() == NtStatus::kMoreProcessingRequired) {
      hash.Update(reply->message);
      if (!spnego.Continue(response.security_buffer, &token)) return NtStatus::kInternalError;
      continue;
    }
    session_flags = response.session_flags;
    const bool plain =
        (session_flags & (proto::kSessionFlagIsGuest | proto::kSessionFlagIsNull)) != 0;
    // Without a password there is no key to prove the mechanisms with.
    if (!plain && !spnego.Finish(response.security_buffer)) return NtStatus::kInternalError;
    if (again) return NtStatus::kOk;
    session::KeyParameters parameters = session::ClientTerms(negotiated);
    parameters.preauth_hash = hash.value();
    keys = session::SessionCryptoState::DeriveAllKeys(spnego.session_key().span(), parameters);
    sign = !plain;
    seal = (session_flags & proto::kSessionFlagEncryptData) != 0;
    // The final response is signed with the keys that it made.
    return plain || Check(*reply) ? NtStatus::kOk : NtStatus::kInvalidSignature;
  }
}

NtStatus TestClient::ConnectTree(absl::string_view share) {
  Bytes path;
  proto::Utf8ToUtf16(absl::StrCat("\\\\server\\", share), &path);
  proto::TreeConnectRequest request;
  request.path = path;
  tree_id = 0;
  const std::optional<Reply> reply = Call(Command::kTreeConnect, request);
  if (!reply.has_value()) return NtStatus::kConnectionDisconnected;
  proto::TreeConnectResponse response;
  if (reply->status() == NtStatus::kOk &&
      proto::TreeConnectResponse::Decode(reply->message, &response)) {
    tree_id = reply->header.tree_id;
    share_flags = response.share_flags;
  }
  return reply->status();
}

bool TestClient::Start(absl::string_view share) {
  return Negotiate() && LogOn("alice", "secret") == NtStatus::kOk &&
         ConnectTree(share) == NtStatus::kOk;
}

NtStatus TestClient::Create(absl::string_view name, proto::FileId* id, uint32_t disposition,
                            uint32_t options, uint32_t access) {
  Bytes utf16;
  proto::Utf8ToUtf16(name, &utf16);
  proto::CreateRequest request;
  request.desired_access = access;
  request.share_access =
      proto::kShareAccessRead | proto::kShareAccessWrite | proto::kShareAccessDelete;
  request.create_disposition = disposition;
  request.create_options = options;
  request.name = utf16;
  const std::optional<Reply> reply = Call(Command::kCreate, request);
  if (!reply.has_value()) return NtStatus::kConnectionDisconnected;
  proto::CreateResponse response;
  if (reply->status() == NtStatus::kOk &&
      proto::CreateResponse::Decode(reply->message, &response)) {
    *id = response.file_id;
  }
  return reply->status();
}

}  // namespace sluice::smb
