#include "server/auth/ntlm_server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "proto/auth/ntlm_flags.h"
#include "proto/wire/utf16.h"
#include "proto/wire/writer.h"
#include "server/base/auth_limits.h"
#include "server/base/limits.h"

namespace sluice::auth {
namespace {

namespace flag = proto::ntlm_flag;
using proto::NtStatus;

constexpr absl::string_view kBadSessionKey =
    "its encrypted session key has not 16 bytes ([MS-NLMP] 2.2.1.3)";

// What the server takes of what the client offers.
constexpr uint32_t kAccepted = flag::kUnicode | flag::kRequestTarget | flag::kSign | flag::kSeal |
                               flag::kAlwaysSign | flag::kExtendedSessionSecurity | flag::kVersion |
                               flag::k128 | flag::k56 | flag::kKeyExchange;
// And what it adds.
constexpr uint32_t kAdded = flag::kNtlm | flag::kTargetInfo | flag::kTargetTypeServer;

// Windows 10 and Server 2016; clients look at it only to tell that extended security is there.
constexpr proto::NtlmVersion kVersion = {.major = 10, .minor = 0, .build = 14393};

constexpr int64_t kFileTimeOfUnixEpoch = 116444736000000000;

std::array<uint8_t, 8> FileTimeBytes(int64_t wall_nanos) {
  const auto value = static_cast<uint64_t>(wall_nanos / 100 + kFileTimeOfUnixEpoch);
  std::array<uint8_t, 8> bytes{};
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
  return bytes;
}

// Our own names are valid UTF-8 by configuration; anything else becomes empty.
std::vector<uint8_t> Utf16(const std::string& text) {
  std::vector<uint8_t> out;
  if (!proto::Utf8ToUtf16(text, &out)) out.clear();
  return out;
}

std::vector<uint8_t> TargetInfo(const NtlmOptions& options, int64_t wall_nanos) {
  const std::vector<uint8_t> domain = Utf16(options.netbios_domain);
  const std::vector<uint8_t> computer = Utf16(options.netbios_name);
  const std::vector<uint8_t> dns_domain = Utf16(options.dns_domain);
  const std::vector<uint8_t> dns_name = Utf16(options.dns_name);
  const std::array<uint8_t, 8> now = FileTimeBytes(wall_nanos);
  proto::AvPairs pairs;
  pairs.pairs.push_back({proto::AvId::kNbDomainName, domain});
  pairs.pairs.push_back({proto::AvId::kNbComputerName, computer});
  if (!dns_domain.empty()) pairs.pairs.push_back({proto::AvId::kDnsDomainName, dns_domain});
  pairs.pairs.push_back({proto::AvId::kDnsComputerName, dns_name});
  pairs.pairs.push_back({proto::AvId::kTimestamp, now});
  return pairs.ToBytes();
}

}  // namespace

NtlmServer::NtlmServer(const NtlmEnvironment& environment) : environment_(environment) {}

NtlmServer::~NtlmServer() = default;

NtStatus NtlmServer::Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  reply->clear();
  NtStatus status = NtStatus::kInvalidParameter;
  if (token.size() <= limits::security_buffer_bytes_max) {
    if (state_ == State::kNegotiate) {
      status = OnNegotiate(token, reply);
    } else if (state_ == State::kAuthenticate) {
      status = OnAuthenticate(token);
    }
  }
  if (status == NtStatus::kMoreProcessingRequired) {
    state_ = State::kAuthenticate;
  } else {
    state_ = status == NtStatus::kOk ? State::kDone : State::kFailed;
  }
  return status;
}

NtStatus NtlmServer::Malformed(absl::string_view reason) {
  reason_ = std::string(reason);
  return NtStatus::kInvalidParameter;
}

NtStatus NtlmServer::OnNegotiate(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  proto::NtlmNegotiate message;
  if (token.size() > limits::ntlm_negotiate_bytes_max) {
    reason_ = absl::StrCat("its NTLM NEGOTIATE message has ", token.size(), " bytes; ",
                           limits::ntlm_negotiate_bytes_max, " is the limit");
    return NtStatus::kInvalidParameter;
  }
  if (!proto::NtlmNegotiate::Decode(token, &message)) {
    return Malformed("its NTLM NEGOTIATE message is malformed ([MS-NLMP] 2.2.1.1)");
  }
  if ((message.flags & flag::kUnicode) == 0) {
    return Malformed("its NTLM NEGOTIATE message offers no Unicode ([MS-NLMP] 2.2.2.5)");
  }
  flags_ = (message.flags & kAccepted) | kAdded;
  environment_.random->Fill(absl::MakeSpan(challenge_));

  const std::vector<uint8_t> name = Utf16(environment_.options->netbios_name);
  const std::vector<uint8_t> info =
      TargetInfo(*environment_.options, environment_.clock->WallNanos());
  proto::NtlmChallenge challenge;
  challenge.flags = flags_;
  challenge.server_challenge = challenge_;
  if ((flags_ & flag::kRequestTarget) != 0) challenge.target_name = name;
  challenge.target_info = info;
  if ((flags_ & flag::kVersion) != 0) challenge.version = kVersion;

  constexpr size_t kFixedBytesMax = 64;
  reply->resize(kFixedBytesMax + name.size() + info.size());
  proto::Writer w(absl::MakeSpan(*reply));
  challenge.Encode(w);
  if (!w.ok()) {
    reply->clear();
    return NtStatus::kInsufficientResources;
  }
  reply->resize(w.size());
  negotiate_message_.assign(token.begin(), token.end());
  challenge_message_ = *reply;
  return NtStatus::kMoreProcessingRequired;
}

NtStatus NtlmServer::OnAuthenticate(absl::Span<const uint8_t> token) {
  proto::NtlmAuthenticate message;
  if (!proto::NtlmAuthenticate::Decode(token, &message)) {
    return Malformed("its NTLM AUTHENTICATE message is malformed ([MS-NLMP] 2.2.1.3)");
  }
  // The client drops what it does not want; it cannot add anything.
  flags_ &= message.flags | kAdded;
  if (!proto::NtlmText(message.domain, flags_, &result_.domain) ||
      !proto::NtlmText(message.workstation, flags_, &result_.workstation)) {
    return Malformed("its domain or workstation is no text ([MS-NLMP] 2.2.1.3)");
  }
  return message.anonymous() ? OnAnonymous(message) : OnUser(token, message);
}

NtStatus NtlmServer::OnAnonymous(const proto::NtlmAuthenticate& message) {
  if (!environment_.options->allow_anonymous) {
    reason_ = "it came without a user name, and auth.anonymous is off";
    return NtStatus::kAccessDenied;
  }
  result_.anonymous = true;
  // There is no password, so the base key is zero [MS-NLMP] 3.2.5.1.2; a client that knows of no
  // key at all sends none.
  if (message.encrypted_session_key.empty()) flags_ &= ~flag::kKeyExchange;
  if (!ExchangeKey(crypto::SecretBytes<16>(), message)) return Malformed(kBadSessionKey);
  signer_ = std::make_unique<NtlmSigner>(flags_, session_key_, /*server=*/true);
  return NtStatus::kOk;
}

NtStatus NtlmServer::OnUser(absl::Span<const uint8_t> token,
                            const proto::NtlmAuthenticate& message) {
  // Shape first, whoever the user is: LM and NTLMv1 responses have 24 bytes at most and end here.
  constexpr size_t kV1ResponseBytes = 24;
  if (message.nt_response.size() <= kV1ResponseBytes) {
    reason_ = "it answered with LM or NTLMv1; only NTLMv2 is accepted";
    return NtStatus::kLogonFailure;
  }
  proto::NtlmV2Response response;
  if (!proto::NtlmV2Response::Decode(message.nt_response, &response)) {
    return Malformed("its NTLMv2 response is malformed ([MS-NLMP] 2.2.2.8)");
  }
  std::string name;
  if (!proto::NtlmText(message.user, flags_, &name)) {
    return Malformed("its user name is no text ([MS-NLMP] 2.2.1.3)");
  }

  crypto::SecretBytes<16> base;
  NtStatus status = NtStatus::kNoSuchUser;
  if (environment_.domain != nullptr && !IsOwnDomain(result_.domain)) {
    status = OnDomainUser(name, message, &base);
  }
  if (status == NtStatus::kNoSuchUser) status = OnOwnUser(name, response, &base);
  if (status != NtStatus::kOk || result_.guest) return status;

  if (!ExchangeKey(base, message)) return Malformed(kBadSessionKey);
  // The flag is under the proof, so nobody else can have taken it away.
  if ((response.target_info.flags() & proto::av_flag::kMicPresent) != 0 &&
      !CheckMessageMic(token, message)) {
    return Malformed("its NTLM messages were changed on their way (the MIC is wrong)");
  }
  if ((flags_ & flag::kExtendedSessionSecurity) != 0) {
    signer_ = std::make_unique<NtlmSigner>(flags_, session_key_, /*server=*/true);
  }
  return NtStatus::kOk;
}

bool NtlmServer::IsOwnDomain(absl::string_view domain) const {
  return domain.empty() || domain == "." ||
         absl::EqualsIgnoreCase(domain, environment_.options->netbios_domain) ||
         absl::EqualsIgnoreCase(domain, environment_.options->dns_name);
}

NtStatus NtlmServer::OnDomainUser(absl::string_view name, const proto::NtlmAuthenticate& message,
                                  crypto::SecretBytes<16>* base) {
  // What a C library would read only the beginning of names one user to it and another to us.
  if (name.find('\0') != absl::string_view::npos ||
      result_.domain.find('\0') != std::string::npos) {
    return NtStatus::kNoSuchUser;
  }
  NtlmAnswer answer;
  answer.user = std::string(name);
  answer.domain = result_.domain;
  answer.workstation = result_.workstation;
  answer.challenge = challenge_;
  answer.nt_response = message.nt_response;
  answer.lm_response = message.lm_response;
  DomainUser user;
  const NtStatus status = environment_.domain->Authenticate(answer, &user, &reason_);
  if (status != NtStatus::kOk) return status;
  result_.user = std::move(user.name);
  result_.unix_user = std::move(user.unix_user);
  *base = std::move(user.session_base_key);
  return NtStatus::kOk;
}

// Everybody costs the same: whoever is unknown has a hash of zeros, whose proof is compared and
// does not count.
NtStatus NtlmServer::OnOwnUser(absl::string_view name, const proto::NtlmV2Response& response,
                               crypto::SecretBytes<16>* base) {
  User user;
  const bool known = environment_.users->Find(name, &user);
  crypto::SecretBytes<16> response_key;
  if (!NtOwfV2(user.nt_hash, name, result_.domain, &response_key)) {
    return Malformed("its user name or domain is no text ([MS-NLMP] 3.3.2)");
  }
  const std::array<uint8_t, 16> proof = NtProof(response_key, challenge_, response.blob);
  *base = SessionBaseKey(response_key, proof);
  const bool right = crypto::ConstantTimeEqual(proof, response.proof);
  if (!known && environment_.options->allow_guest) return OnGuest();
  if (!known || !right) {
    if (known) {
      reason_ = "wrong password";
    } else if (reason_.empty()) {  // else it is why the domain could not say
      reason_ = "there is no such user";
    }
    return NtStatus::kLogonFailure;
  }
  if (user.disabled) {
    reason_ = "the user is disabled";
    return NtStatus::kAccountDisabled;
  }
  result_.user = std::move(user.name);
  result_.unix_user = std::move(user.unix_user);
  return NtStatus::kOk;
}

bool NtlmServer::ClaimedUser(absl::Span<const uint8_t> token, std::string* user) const {
  proto::NtlmAuthenticate message;
  return state_ == State::kAuthenticate && proto::NtlmAuthenticate::Decode(token, &message) &&
         !message.anonymous() &&
         proto::NtlmText(message.user, flags_ & (message.flags | kAdded), user);
}

// A guest has no key in common with the server: it cannot sign, and neither can the server.
NtStatus NtlmServer::OnGuest() {
  result_.guest = true;
  result_.user = "Guest";
  return NtStatus::kOk;
}

bool NtlmServer::ExchangeKey(const crypto::SecretBytes<16>& base,
                             const proto::NtlmAuthenticate& message) {
  if ((flags_ & flag::kKeyExchange) == 0) {
    session_key_ = base.Clone();
    return true;
  }
  if (message.encrypted_session_key.size() != session_key_.size()) return false;
  crypto::Rc4(base.span()).Process(message.encrypted_session_key, session_key_.mutable_span());
  return true;
}

bool NtlmServer::CheckMessageMic(absl::Span<const uint8_t> token,
                                 const proto::NtlmAuthenticate& message) const {
  constexpr size_t kEnd = proto::NtlmAuthenticate::kMicOffset + proto::NtlmAuthenticate::kMicBytes;
  if (!message.mic.has_value() || token.size() < kEnd) return false;
  std::vector<uint8_t> bare(token.begin(), token.end());
  std::fill(bare.begin() + proto::NtlmAuthenticate::kMicOffset, bare.begin() + kEnd, 0);
  return crypto::ConstantTimeEqual(Mic(session_key_, negotiate_message_, challenge_message_, bare),
                                   *message.mic);
}

AuthResult NtlmServer::TakeResult() {
  result_.session_key = crypto::SecretBuffer(session_key_.span());
  return std::move(result_);
}

bool NtlmServer::HasMic() const { return signer_ != nullptr; }

std::vector<uint8_t> NtlmServer::MakeMic(absl::Span<const uint8_t> message) {
  const std::array<uint8_t, 16> mic = signer_->Make(message);
  return {mic.begin(), mic.end()};
}

bool NtlmServer::CheckMic(absl::Span<const uint8_t> message, absl::Span<const uint8_t> mic) {
  return signer_->Check(message, mic);
}

}  // namespace sluice::auth
