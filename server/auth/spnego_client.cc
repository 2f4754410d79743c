#include "server/auth/spnego_client.h"

#include <array>
#include <utility>

#include "absl/strings/string_view.h"
#include "proto/auth/spnego.h"

namespace sluice::auth {

SpnegoClient::SpnegoClient(NtlmCredentials credentials, base::Random& random,
                           const base::Clock& clock)
    : ntlm_(std::move(credentials), random, clock) {}

std::vector<uint8_t> SpnegoClient::Start() {
  const std::vector<uint8_t> negotiate = ntlm_.Negotiate();
  const std::array<absl::string_view, 1> types = {proto::oid::kNtlmssp};
  mech_types_ = proto::EncodeMechTypes(types);
  proto::NegTokenInit init;
  init.mech_types = {proto::oid::kNtlmssp};
  init.mech_token = absl::MakeConstSpan(negotiate);
  return init.Encode();
}

bool SpnegoClient::Continue(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  proto::NegTokenResp message;
  if (!proto::NegTokenResp::Decode(token, &message)) return false;
  if (!message.response_token.has_value()) return false;
  std::vector<uint8_t> authenticate;
  if (!ntlm_.Authenticate(*message.response_token, &authenticate)) return false;
  const std::array<uint8_t, 16> mic = ntlm_.signer().Make(mech_types_);
  proto::NegTokenResp answer;
  answer.response_token = absl::MakeConstSpan(authenticate);
  answer.mech_list_mic = absl::MakeConstSpan(mic);
  *reply = answer.Encode();
  return true;
}

bool SpnegoClient::Finish(absl::Span<const uint8_t> token) {
  proto::NegTokenResp message;
  if (!proto::NegTokenResp::Decode(token, &message)) return false;
  if (message.state != proto::NegState::kAcceptCompleted) return false;
  return message.mech_list_mic.has_value() &&
         ntlm_.signer().Check(mech_types_, *message.mech_list_mic);
}

}  // namespace sluice::auth
