// From a TCP connection to a tree: NEGOTIATE, SESSION_SETUP, TREE_CONNECT, and back.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "benchmarks/load/client/authentication.h"
#include "benchmarks/load/client/client.h"
#include "proto/smb2/logoff.h"
#include "proto/smb2/negotiate.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/tree_connect.h"
#include "proto/wire/utf16.h"
#include "server/base/limits.h"
#include "server/base/random.h"

namespace sluice::bench {

using proto::Command;
using proto::NtStatus;

namespace {

// Room for a token and what is around it.
constexpr size_t kSetUpBodyBytes = 4096;

// A connected socket or -errno. Blocks.
int ConnectTo(const net::Address& address) {
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.bytes) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  return -error;
}

}  // namespace

ring::Task<absl::Status> Client::Start() {
  absl::Status status = co_await Connect();
  if (!status.ok() || options_.limit) co_return status;
  status = co_await Negotiate();
  if (!status.ok()) co_return status;
  status = co_await LogOn();
  if (!status.ok()) co_return status;
  co_return co_await ConnectTree();
}

ring::Task<absl::Status> Client::Connect() {
  const net::Address& address = options_.address;
  auto connect = [&address] { return ConnectTo(address); };
  auto offload = engine_.loop().Offload(nullptr, connect);
  const int fd = co_await offload;
  if (fd < 0) {
    co_return absl::UnavailableError(
        absl::StrCat("connect to ", net::FormatAddress(address), ": ", std::strerror(-fd)));
  }
  Reset();
  net::ConnectionOptions options;
  options.frame_bytes_max = limits::frame_bytes_max;
  net::FrameHandler& handler = *this;
  transport_ = std::make_unique<net::Connection>(engine_.loop(), fd, net::FormatAddress(address),
                                                 options, handler);
  // An idle client stays.
  transport_->set_has_session(true);
  co_return absl::OkStatus();
}

ring::Task<absl::Status> Client::Negotiate() {
  std::array<uint8_t, 32> salt{};
  base::SystemRandom().Fill(absl::MakeSpan(salt));
  Exchange exchange(*this, Command::kNegotiate, kSetUpBodyBytes);
  proto::NegotiateRequest request = session::MakeNegotiateRequest(options_.offer, salt);
  // Each connection is a client of its own: smbd serves those of one client by one process.
  base::SystemRandom().Fill(absl::MakeSpan(request.client_guid));
  request.Encode(exchange.body());
  exchange.HashInto(&preauth_);
  const NtStatus status = co_await exchange;
  if (status != NtStatus::kOk) co_return Failed("NEGOTIATE", status);
  proto::NegotiateResponse response;
  if (!proto::NegotiateResponse::Decode(exchange.response(), &response)) {
    co_return Failed("NEGOTIATE", NtStatus::kInvalidNetworkResponse);
  }
  preauth_.Update(exchange.response());
  terms_ = session::ClientTerms(response);
  multi_credit_ = terms_.dialect > proto::Dialect::kSmb202 &&
                  (response.capabilities & proto::kCapLargeMtu) != 0;
  signing_demanded_ = (response.security_mode & proto::kSigningRequired) != 0;
  const uint32_t largest = multi_credit_ ? uint32_t{limits::read_bytes_max} : 65536;
  read_bytes_max_ = std::min(response.max_read_size, largest);
  write_bytes_max_ = std::min(response.max_write_size, largest);
  transact_bytes_max_ = std::min(response.max_transact_size, largest);
  if (signing_demanded_ && !options_.sign && !options_.seal) {
    co_return absl::FailedPreconditionError(
        "the server requires signing; use another --signing than none, or --cipher");
  }
  co_return ProtectionAgreed();
}

// A result under the name of another algorithm would be a lie.
absl::Status Client::ProtectionAgreed() const {
  const session::ClientOffer& offer = options_.offer;
  const auto offered = [](const auto& list, auto chosen) {
    return std::find(list.begin(), list.end(), chosen) != list.end();
  };
  if (options_.seal && terms_.cipher == crypto::Cipher::kNone) {
    return absl::FailedPreconditionError(
        "the server agreed on no cipher; encryption needs SMB 3 and one that the server has");
  }
  if (options_.seal && !offered(offer.ciphers, terms_.cipher)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the server chose ", crypto::Name(terms_.cipher), ", which was not asked for"));
  }
  if (options_.sign && !options_.seal && !offered(offer.signing, terms_.signing_algorithm)) {
    return absl::FailedPreconditionError(absl::StrCat("the server signs with ",
                                                      crypto::Name(terms_.signing_algorithm),
                                                      ", which was not asked for"));
  }
  return absl::OkStatus();
}

ring::Task<absl::Status> Client::LogOn() {
  session_id_ = 0;
  tree_id_ = 0;
  keys_.reset();
  sign_ = seal_ = false;
  const absl::string_view advice = options_.kerberos ? " (--auth ntlm needs no ticket)" : "";
  const auto failed = [advice](const absl::Status& why) {
    return absl::Status(why.code(), absl::StrCat("SESSION_SETUP: ", why.message(), advice));
  };
  Authentication authentication(options_);
  crypto::PreauthHash hash = preauth_;
  absl::StatusOr<std::vector<uint8_t>> token = authentication.Start();
  // The two round trips of NTLM, the one of Kerberos; a server that wants more is not one.
  for (int round = 0; round < 4; ++round) {
    if (!token.ok()) co_return failed(token.status());
    Exchange exchange(*this, Command::kSessionSetup, kSetUpBodyBytes + token->size());
    proto::SessionSetupRequest request;
    request.security_mode = static_cast<uint8_t>(options_.offer.security_mode);
    request.security_buffer = *token;
    request.Encode(exchange.body());
    exchange.HashInto(&hash);
    // The final response is signed with keys that it makes.
    exchange.set_verify_later();
    const NtStatus status = co_await exchange;
    if (status != NtStatus::kOk && status != NtStatus::kMoreProcessingRequired) {
      co_return Failed(options_.user.empty()
                           ? "anonymous SESSION_SETUP (there is no --user)"
                           : absl::StrCat("SESSION_SETUP of user \"", options_.user, "\""),
                       status);
    }
    proto::SessionSetupResponse response;
    if (!proto::SessionSetupResponse::Decode(exchange.response(), &response)) {
      co_return Failed("SESSION_SETUP", NtStatus::kInvalidNetworkResponse);
    }
    session_id_ = exchange.header().session_id;
    if (status == NtStatus::kMoreProcessingRequired) {
      hash.Update(exchange.response());
      token = authentication.Continue(response.security_buffer);
      continue;
    }
    const absl::Status finished = authentication.Finish(response.security_buffer);
    if (!finished.ok()) co_return failed(finished);
    co_return TakeKeys(exchange, authentication.session_key(), response.session_flags, hash);
  }
  co_return absl::FailedPreconditionError("SESSION_SETUP: the server does not come to an end");
}

absl::Status Client::TakeKeys(const Exchange& exchange, absl::Span<const uint8_t> session_key,
                              uint16_t session_flags, const crypto::PreauthHash& hash) {
  if ((session_flags & (proto::kSessionFlagIsGuest | proto::kSessionFlagIsNull)) != 0) {
    if (options_.seal || (options_.sign && !options_.user.empty())) {
      return absl::FailedPreconditionError(
          "the server made the user a guest, whose session can be neither signed nor encrypted; "
          "check the user and the password, or use --signing none");
    }
    return absl::OkStatus();
  }
  terms_.preauth_hash = hash.value();
  keys_ = session::SessionCryptoState::DeriveAllKeys(session_key, terms_);
  terms_.preauth_hash = {};
  if (exchange.header().is_signed() && !SignatureIsRight(exchange)) {
    return absl::DataLossError("SESSION_SETUP: the signature of the final response is wrong");
  }
  sign_ = options_.sign;
  seal_ = options_.seal || (session_flags & proto::kSessionFlagEncryptData) != 0;
  if (seal_ && !keys_->can_seal()) {
    return absl::FailedPreconditionError("the server demands encryption but agreed on no cipher");
  }
  return absl::OkStatus();
}

bool Client::SignatureIsRight(const Exchange& exchange) {
  const absl::Span<uint8_t> message = exchange.response();
  std::fill_n(message.begin() + proto::kSignatureOffset, proto::kHeaderSignatureBytes, uint8_t{0});
  crypto::SignJob job;
  job.key = &keys_->signing_key();
  job.segments[0] = message;
  job.segment_count = 1;
  job.nonce = session::SessionCryptoState::GmacNonce(exchange.header().message_id, true, false);
  job.verify = true;
  job.signature = exchange.header().signature;
  engine_.stage().Add(&job);
  engine_.stage().Flush();
  return job.ok;
}

ring::Task<absl::Status> Client::ConnectTree() {
  std::vector<uint8_t> path;
  if (!proto::Utf8ToUtf16(absl::StrCat("\\\\", options_.server, "\\", options_.share), &path)) {
    co_return absl::InvalidArgumentError("the share's name is not UTF-8");
  }
  Exchange exchange(*this, Command::kTreeConnect, 256 + path.size());
  proto::TreeConnectRequest request;
  request.path = path;
  request.Encode(exchange.body());
  // 3.1.1 asks for it even where nothing else is signed [MS-SMB2] 3.2.4.1.1.
  if (terms_.dialect == proto::Dialect::kSmb311) exchange.set_always_sign();
  const NtStatus status = co_await exchange;
  if (status != NtStatus::kOk) {
    co_return Failed(absl::StrCat("TREE_CONNECT to \"", options_.share, "\""), status);
  }
  proto::TreeConnectResponse response;
  if (!proto::TreeConnectResponse::Decode(exchange.response(), &response)) {
    co_return Failed("TREE_CONNECT", NtStatus::kInvalidNetworkResponse);
  }
  tree_id_ = exchange.header().tree_id;
  if ((response.share_flags & proto::kShareFlagEncryptData) != 0) {
    if (keys_ == nullptr || !keys_->can_seal()) {
      co_return absl::FailedPreconditionError("the share demands encryption; use --cipher");
    }
    seal_ = true;
  }
  co_return absl::OkStatus();
}

ring::Task<absl::Status> Client::LogOff() {
  Exchange exchange(*this, Command::kLogoff);
  proto::LogoffRequest().Encode(exchange.body());
  const NtStatus status = co_await exchange;
  session_id_ = 0;
  tree_id_ = 0;
  sign_ = seal_ = false;
  keys_.reset();
  co_return status == NtStatus::kOk ? absl::OkStatus() : Failed("LOGOFF", status);
}

}  // namespace sluice::bench
