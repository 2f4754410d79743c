#include "server/auth/spnego_server.h"

#include <algorithm>
#include <utility>

#include "proto/auth/spnego.h"
#include "server/base/limits.h"

namespace sluice::auth {
namespace {

using proto::NegState;
using proto::NtStatus;

}  // namespace

std::vector<uint8_t> SpnegoHint() {
  proto::NegTokenInit token;
  token.mech_types = {proto::oid::kNtlmssp};
  token.hint_name = proto::kSpnegoHintName;
  return token.Encode();
}

SpnegoServer::SpnegoServer(const NtlmEnvironment& environment) : environment_(environment) {}

SpnegoServer::~SpnegoServer() = default;

NtStatus SpnegoServer::Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  reply->clear();
  NtStatus status = NtStatus::kInvalidParameter;
  if (token.size() <= limits::security_buffer_bytes_max) {
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
        break;
    }
  }
  if (status == NtStatus::kMoreProcessingRequired) return status;
  state_ = status == NtStatus::kOk ? State::kDone : State::kFailed;
  if (status != NtStatus::kOk) reply->clear();
  return status;
}

NtStatus SpnegoServer::Start(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  switch (proto::ClassifyAuthToken(token)) {
    case proto::AuthTokenKind::kNtlmRaw:
      state_ = State::kRaw;
      mechanism_ = std::make_unique<NtlmServer>(environment_);
      return mechanism_->Step(token, reply);
    case proto::AuthTokenKind::kNegTokenInit:
      break;
    case proto::AuthTokenKind::kKerberosRaw:
      return NtStatus::kLogonFailure;
    case proto::AuthTokenKind::kNegTokenResp:
    case proto::AuthTokenKind::kUnknown:
      return NtStatus::kInvalidParameter;
  }
  proto::NegTokenInit init;
  if (!proto::NegTokenInit::Decode(token, &init)) return NtStatus::kInvalidParameter;
  const auto ntlm = std::find(init.mech_types.begin(), init.mech_types.end(), proto::oid::kNtlmssp);
  if (ntlm == init.mech_types.end()) return NtStatus::kLogonFailure;
  preferred_ = ntlm == init.mech_types.begin();
  mech_types_.assign(init.mech_types_der.begin(), init.mech_types_der.end());
  mechanism_ = std::make_unique<NtlmServer>(environment_);
  state_ = State::kMechanism;

  // An optimistic token is of the client's first choice; another mechanism's is dropped, and then
  // the choice must be protected [RFC4178] 4.2.2.
  std::vector<uint8_t> mechanism_reply;
  proto::NegTokenResp answer;
  answer.state = preferred_ ? NegState::kAcceptIncomplete : NegState::kRequestMic;
  answer.supported_mech = proto::oid::kNtlmssp;
  if (preferred_ && init.mech_token.has_value()) {
    const NtStatus status = mechanism_->Step(*init.mech_token, &mechanism_reply);
    // NTLM never ends with its first message.
    if (status != NtStatus::kMoreProcessingRequired) {
      return status == NtStatus::kOk ? NtStatus::kInvalidParameter : status;
    }
    answer.response_token = absl::MakeConstSpan(mechanism_reply);
  }
  *reply = answer.Encode();
  return NtStatus::kMoreProcessingRequired;
}

NtStatus SpnegoServer::Continue(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  proto::NegTokenResp message;
  if (!proto::NegTokenResp::Decode(token, &message)) return NtStatus::kInvalidParameter;
  if (!message.response_token.has_value()) return NtStatus::kInvalidParameter;
  std::vector<uint8_t> mechanism_reply;
  const NtStatus status = mechanism_->Step(*message.response_token, &mechanism_reply);
  if (status == NtStatus::kOk) {
    return Finish(message.mech_list_mic.has_value() ? &*message.mech_list_mic : nullptr, reply);
  }
  if (status == NtStatus::kMoreProcessingRequired) {
    proto::NegTokenResp answer;
    answer.state = NegState::kAcceptIncomplete;
    answer.response_token = absl::MakeConstSpan(mechanism_reply);
    *reply = answer.Encode();
  }
  return status;
}

NtStatus SpnegoServer::Finish(const absl::Span<const uint8_t>* peer_mic,
                              std::vector<uint8_t>* reply) {
  proto::NegTokenResp answer;
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
  if (!proto::NegTokenResp::Decode(token, &message)) return NtStatus::kInvalidParameter;
  if (!message.mech_list_mic.has_value() ||
      !mechanism_->CheckMic(mech_types_, *message.mech_list_mic)) {
    return NtStatus::kAccessDenied;
  }
  proto::NegTokenResp answer;
  answer.state = NegState::kAcceptCompleted;
  *reply = answer.Encode();
  return NtStatus::kOk;
}

AuthResult SpnegoServer::TakeResult() { return mechanism_->TakeResult(); }

}  // namespace sluice::auth
