// The acceptor's half of SPNEGO [RFC4178], [MS-SPNG], around a mechanism; raw NTLMSSP tokens are
// taken too [MS-SMB2] 3.3.5.5.3.
#ifndef SLUICE_SERVER_AUTH_SPNEGO_SERVER_H_
#define SLUICE_SERVER_AUTH_SPNEGO_SERVER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "proto/status/nt_status.h"
#include "server/auth/mechanism.h"
#include "server/auth/ntlm_server.h"

namespace sluice::auth {

// The token for the security buffer of a NEGOTIATE response: the mechanisms on offer and the hint
// [MS-SPNG] 2.2.1.
std::vector<uint8_t> SpnegoHint();

// One authentication. A token above limits::security_buffer_bytes_max is refused unread.
class SpnegoServer {
 public:
  // What `environment` points to outlives this.
  explicit SpnegoServer(const NtlmEnvironment& environment);
  ~SpnegoServer();

  // Takes a SESSION_SETUP request's security buffer and makes the response's.
  // MORE_PROCESSING_REQUIRED: the client must send another one. OK: the client has authenticated
  // and, where that is needed, its list of mechanisms is what arrived. Anything else: refused, with
  // an empty reply: the mechanism's status, INVALID_PARAMETER for a malformed token, LOGON_FAILURE
  // if there is no mechanism in common, ACCESS_DENIED for a wrong mechListMIC. Does not block.
  proto::NtStatus Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);

  // Who it was. REQUIRES: Step gave OK; once.
  AuthResult TakeResult();

 private:
  enum class State : uint8_t { kStart, kRaw, kMechanism, kAwaitMic, kDone, kFailed };

  proto::NtStatus Start(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  proto::NtStatus Continue(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  proto::NtStatus AwaitMic(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  // After the mechanism gave OK; null where the client sent no mechListMIC.
  proto::NtStatus Finish(const absl::Span<const uint8_t>* peer_mic, std::vector<uint8_t>* reply);

  const NtlmEnvironment environment_;
  State state_ = State::kStart;
  std::unique_ptr<Mechanism> mechanism_;
  std::vector<uint8_t> mech_types_;  // the client's list as it arrived, for mechListMIC
  bool preferred_ = true;            // the mechanism is the client's first choice
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_SPNEGO_SERVER_H_
