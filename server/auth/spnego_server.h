// The acceptor's half of SPNEGO [RFC4178], [MS-SPNG], around a mechanism; raw NTLMSSP tokens are
// taken too [MS-SMB2] 3.3.5.5.3.
#ifndef SLUICE_SERVER_AUTH_SPNEGO_SERVER_H_
#define SLUICE_SERVER_AUTH_SPNEGO_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/auth/spnego.h"
#include "proto/status/nt_status.h"
#include "server/auth/mechanism.h"
#include "server/auth/ntlm_server.h"

namespace sluice::auth {

// What all exchanges share; what is pointed to outlives them.
struct AuthEnvironment {
  NtlmEnvironment ntlm;
  bool allow_ntlm = true;
  bool kerberos_ignore_case = false;
  MechanismSource* kerberos = nullptr;  // null: no Kerberos
};

// The token for the security buffer of a NEGOTIATE response: the mechanisms on offer and the hint
// [MS-SPNG] 2.2.1. Empty if there are none.
std::vector<uint8_t> SpnegoHint(bool kerberos, bool ntlm);

// One authentication. A token above limits::security_buffer_bytes_max is refused unread. Not
// thread-safe, but indifferent to which thread calls it.
class SpnegoServer {
 public:
  explicit SpnegoServer(const AuthEnvironment& environment);
  ~SpnegoServer();

  // Takes a SESSION_SETUP request's security buffer and makes the response's.
  // MORE_PROCESSING_REQUIRED: the client must send another one. OK: the client has authenticated
  // and, where that is needed, its list of mechanisms is what arrived. Anything else: refused, with
  // an empty reply: the mechanism's status, INVALID_PARAMETER for a malformed token, LOGON_FAILURE
  // if there is no mechanism in common, NTLM_BLOCKED if that is because NTLM is off, ACCESS_DENIED
  // for a wrong mechListMIC.
  proto::NtStatus Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  // Whether Step with this token may read files or ask the network: call it on the blocking pool.
  bool Blocks(absl::Span<const uint8_t> token) const;
  // The user whose secret `token` is an answer to; false for a token that tries none.
  bool ClaimedUser(absl::Span<const uint8_t> token, std::string* user) const;
  // After Step refused: why, see Mechanism.
  std::string Reason() const;

  // Who it was. REQUIRES: Step gave OK; once.
  AuthResult TakeResult();

 private:
  enum class State : uint8_t { kStart, kRaw, kMechanism, kAwaitMic, kDone, kFailed };

  // INVALID_PARAMETER, with the reason.
  proto::NtStatus Malformed(absl::string_view reason);
  proto::NtStatus Start(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  proto::NtStatus Continue(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  proto::NtStatus AwaitMic(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  // Makes the mechanism that `oid` names; null if it is not on.
  std::unique_ptr<Mechanism> MakeMechanism(absl::string_view oid) const;
  // Without a mechanism in common.
  proto::NtStatus NoMechanism(bool offered_ntlm);
  // After the mechanism gave OK; null where the client sent no mechListMIC. `answer` holds what
  // goes out beside.
  proto::NtStatus Finish(const absl::Span<const uint8_t>* peer_mic, proto::NegTokenResp answer,
                         std::vector<uint8_t>* reply);

  const AuthEnvironment environment_;
  State state_ = State::kStart;
  std::unique_ptr<Mechanism> mechanism_;
  std::vector<uint8_t> mech_types_;  // the client's list as it arrived, for mechListMIC
  bool kerberos_ = false;            // the mechanism is Kerberos, else NTLM
  bool preferred_ = true;            // the mechanism is the client's first choice
  std::string reason_;
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_SPNEGO_SERVER_H_
