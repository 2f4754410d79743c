#include "server/auth/spnego_server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/auth/spnego.h"
#include "server/base/auth_limits.h"
#include "server/base/limits.h"

namespace sluice::auth {
namespace {

using proto::NegState;
using proto::NtStatus;

constexpr absl::string_view kBadResponse = "its NegTokenResp is malformed ([RFC4178] 4.2.2)";

bool IsKerberos(absl::string_view mechanism) {
  return mechanism == proto::oid::kKerberos || mechanism == proto::oid::kMsKerberos;
}

}  // namespace

std::vector<uint8_t> SpnegoHint(bool kerberos, bool ntlm) {
  proto::NegTokenInit token;
  if (kerberos) token.mech_types = {proto::oid::kMsKerberos, proto::oid::kKerberos};
  if (ntlm) token.mech_types.push_back(proto::oid::kNtlmssp);
  if (token.mech_types.empty()) return {};
  token.hint_name = proto::kSpnegoHintName;
  return token.Encode();
}

SpnegoServer::SpnegoServer(const AuthEnvironment& environment) : environment_(environment) {}

SpnegoServer::~SpnegoServer() = default;

std::unique_ptr<Mechanism> SpnegoServer::MakeMechanism(absl::string_view oid) const {
  if (IsKerberos(oid)) {
    if (environment_.kerberos == nullptr) return nullptr;
    return environment_.kerberos->Begin(environment_.kerberos_ignore_case);
  }
  if (oid != proto::oid::kNtlmssp || !environment_.allow_ntlm) return nullptr;
  return std::make_unique<NtlmServer>(environment_.ntlm);
}

NtStatus SpnegoServer::NoMechanism(bool offered_ntlm) {
  if (offered_ntlm && !environment_.allow_ntlm) {
    reason_ = "it offered NTLM, and auth.ntlm is off";
    return NtStatus::kNtlmBlocked;
  }
  reason_ = environment_.kerberos == nullptr
                ? "it offered no NTLM, and Kerberos is off (auth.kerberos_keytab is not set)"
                : "it offered neither Kerberos nor NTLM";
  return NtStatus::kLogonFailure;
}

bool SpnegoServer::Blocks(absl::Span<const uint8_t> token) const {
  // The first token chooses the mechanism, and Kerberos ends with it.
  if (mechanism_ != nullptr) return mechanism_->Blocks();
  return environment_.kerberos != nullptr &&
         proto::ClassifyAuthToken(token) != proto::AuthTokenKind::kNtlmRaw;
}

bool SpnegoServer::ClaimedUser(absl::Span<const uint8_t> token, std::string* user) const {
  if (state_ == State::kRaw) return mechanism_->ClaimedUser(token, user);
  proto::NegTokenResp message;
  return state_ == State::kMechanism && proto::NegTokenResp::Decode(token, &message) &&
         message.response_token.has_value() &&
         mechanism_->ClaimedUser(*message.response_token, user);
}

std::string SpnegoServer::Reason() const {
  if (!reason_.empty() || mechanism_ == nullptr) return reason_;
  return mechanism_->Reason();
}

NtStatus SpnegoServer::Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  reply->clear();
  NtStatus status = NtStatus::kInvalidParameter;
  if (token.size() > limits::security_buffer_bytes_max) {
    status = Malformed(absl::StrCat("its token has ", token.size(), " bytes; ",
                                    limits::security_buffer_bytes_max, " is the limit"));
  } else {
    switch (state_) {
      case State::kStart:
        status = Start(token, reply);
        break;
      case State::kRaw:
        status = mechanism_->Step(token, reply);
        break;
      case State::kMechanism:
        status = Continue(token, reply);
        break;
      case State::kAwaitMic:
        status = AwaitMic(token, reply);
        break;
      case State::kDone:
      case State::kFailed:
        status = Malformed("it went on after the end of the authentication");
        break;
    }
  }
  if (status == NtStatus::kMoreProcessingRequired) return status;
  state_ = status == NtStatus::kOk ? State::kDone : State::kFailed;
  if (status != NtStatus::kOk) reply->clear();
  return status;
}

NtStatus SpnegoServer::Malformed(absl::string_view reason) {
  reason_ = std::string(reason);
  return NtStatus::kInvalidParameter;
}

NtStatus SpnegoServer::Start(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  switch (const proto::AuthTokenKind kind = proto::ClassifyAuthToken(token)) {
    case proto::AuthTokenKind::kNtlmRaw:
    case proto::AuthTokenKind::kKerberosRaw: {
      const bool ntlm = kind == proto::AuthTokenKind::kNtlmRaw;
      mechanism_ = MakeMechanism(ntlm ? proto::oid::kNtlmssp : proto::oid::kKerberos);
      if (mechanism_ == nullptr) return NoMechanism(ntlm);
      kerberos_ = !ntlm;
      state_ = State::kRaw;
      return mechanism_->Step(token, reply);
    }
    case proto::AuthTokenKind::kNegTokenInit:
      break;
    case proto::AuthTokenKind::kNegTokenResp:
      return Malformed("its first token is a NegTokenResp ([RFC4178] 4.2)");
    case proto::AuthTokenKind::kUnknown:
      return Malformed("its token is neither SPNEGO nor NTLM nor Kerberos ([MS-SMB2] 3.3.5.5.3)");
  }
  proto::NegTokenInit init;
  if (!proto::NegTokenInit::Decode(token, &init)) {
    return Malformed("its NegTokenInit is malformed ([RFC4178] 4.2.1)");
  }
  if (init.mech_types_der.size() > limits::mech_types_bytes_max) {
    reason_ = absl::StrCat("its list of mechanisms has ", init.mech_types_der.size(), " bytes; ",
                           limits::mech_types_bytes_max, " is the limit");
    return NtStatus::kInvalidParameter;
  }
  size_t choice = 0;
  while (choice < init.mech_types.size() && mechanism_ == nullptr) {
    mechanism_ = MakeMechanism(init.mech_types[choice++]);
  }
  if (mechanism_ == nullptr) {
    return NoMechanism(std::find(init.mech_types.begin(), init.mech_types.end(),
                                 proto::oid::kNtlmssp) != init.mech_types.end());
  }
  kerberos_ = IsKerberos(init.mech_types[choice - 1]);
  preferred_ = choice == 1;
  mech_types_.assign(init.mech_types_der.begin(), init.mech_types_der.end());
  state_ = State::kMechanism;

  // An optimistic token is of the client's first choice; another mechanism's is dropped, and then
  // the choice must be protected [RFC4178] 4.2.2.
  std::vector<uint8_t> mechanism_reply;
  proto::NegTokenResp answer;
  answer.state = preferred_ ? NegState::kAcceptIncomplete : NegState::kRequestMic;
  answer.supported_mech = init.mech_types[choice - 1];
  if (preferred_ && init.mech_token.has_value()) {
    const NtStatus status = mechanism_->Step(*init.mech_token, &mechanism_reply);
    if (!mechanism_reply.empty()) answer.response_token = absl::MakeConstSpan(mechanism_reply);
    if (status == NtStatus::kOk) return Finish(nullptr, std::move(answer), reply);
    if (status != NtStatus::kMoreProcessingRequired) return status;
  }
  *reply = answer.Encode();
  return NtStatus::kMoreProcessingRequired;
}

NtStatus SpnegoServer::Continue(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  proto::NegTokenResp message;
  if (!proto::NegTokenResp::Decode(token, &message)) return Malformed(kBadResponse);
  if (!message.response_token.has_value()) {
    return Malformed("its NegTokenResp has no token of the mechanism ([RFC4178] 4.2.2)");
  }
  std::vector<uint8_t> mechanism_reply;
  const NtStatus status = mechanism_->Step(*message.response_token, &mechanism_reply);
  proto::NegTokenResp answer;
  answer.state = NegState::kAcceptIncomplete;
  if (!mechanism_reply.empty()) answer.response_token = absl::MakeConstSpan(mechanism_reply);
  if (status == NtStatus::kOk) {
    return Finish(message.mech_list_mic.has_value() ? &*message.mech_list_mic : nullptr,
                  std::move(answer), reply);
  }
  if (status == NtStatus::kMoreProcessingRequired) *reply = answer.Encode();
  return status;
}

NtStatus SpnegoServer::Finish(const absl::Span<const uint8_t>* peer_mic, proto::NegTokenResp answer,
                              std::vector<uint8_t>* reply) {
  std::vector<uint8_t> mic;
  answer.state = NegState::kAcceptCompleted;
  NtStatus status = NtStatus::kOk;
  // A mechanism without a key (a guest's) cannot protect the list, and protects nothing else
  // either.
  if (mechanism_->HasMic() && (peer_mic != nullptr || !preferred_)) {
    if (peer_mic == nullptr) {
      // Ours goes first; the client's must follow.
      answer.state = NegState::kAcceptIncomplete;
      state_ = State::kAwaitMic;
      status = NtStatus::kMoreProcessingRequired;
    } else if (!mechanism_->CheckMic(mech_types_, *peer_mic)) {
      reason_ = "its list of mechanisms was changed on its way (the mechListMIC is wrong)";
      return NtStatus::kAccessDenied;
    }
    mic = mechanism_->MakeMic(mech_types_);
    answer.mech_list_mic = absl::MakeConstSpan(mic);
  }
  *reply = answer.Encode();
  return status;
}

NtStatus SpnegoServer::AwaitMic(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  proto::NegTokenResp message;
  if (!proto::NegTokenResp::Decode(token, &message)) return Malformed(kBadResponse);
  if (!message.mech_list_mic.has_value() ||
      !mechanism_->CheckMic(mech_types_, *message.mech_list_mic)) {
    reason_ = "its list of mechanisms was changed on its way (the mechListMIC is wrong)";
    return NtStatus::kAccessDenied;
  }
  proto::NegTokenResp answer;
  answer.state = NegState::kAcceptCompleted;
  *reply = answer.Encode();
  return NtStatus::kOk;
}

AuthResult SpnegoServer::TakeResult() {
  AuthResult result = mechanism_->TakeResult();
  result.mechanism = kerberos_ ? kKerberosName : kNtlmName;
  return result;
}

}  // namespace sluice::auth
