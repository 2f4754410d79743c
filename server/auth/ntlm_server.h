// The server's half of NTLMv2 [MS-NLMP] 3.2.5, with the MIC, key exchange and the signatures that
// SPNEGO's mechListMIC needs (3.4). LM and NTLMv1 responses are refused.
//
// A failed logon costs the same time whether the user exists or not: an unknown user is given a
// hash that nothing matches and goes all the way.
#ifndef SLUICE_SERVER_AUTH_NTLM_SERVER_H_
#define SLUICE_SERVER_AUTH_NTLM_SERVER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/secret.h"
#include "proto/auth/ntlm_messages.h"
#include "proto/status/nt_status.h"
#include "server/auth/domain_users.h"
#include "server/auth/mechanism.h"
#include "server/auth/ntlm_crypto.h"
#include "server/auth/user_store.h"
#include "server/base/clock.h"
#include "server/base/random.h"

namespace sluice::auth {

struct NtlmOptions {
  std::string netbios_name = "SLUICE";    // at most 15 characters
  std::string netbios_domain = "SLUICE";  // of a server that is in no domain: its own name
  std::string dns_name = "sluice";
  std::string dns_domain;  // "" leaves it out
  // Whether a client without credentials gets a session, without rights of a user.
  bool allow_anonymous = false;
  // Whether an unknown user gets a guest's session. A known user with a wrong password never does.
  bool allow_guest = false;
};

// What all exchanges share; everything outlives them.
struct NtlmEnvironment {
  const NtlmOptions* options = nullptr;
  const UserStore* users = nullptr;
  base::Random* random = nullptr;
  const base::Clock* clock = nullptr;
  // The users of the domain that the machine is in; null where it is in none.
  DomainUsers* domain = nullptr;
};

class NtlmServer : public Mechanism {
 public:
  explicit NtlmServer(const NtlmEnvironment& environment);
  ~NtlmServer() override;

  // Tokens are NTLMSSP messages: NEGOTIATE, then AUTHENTICATE. LOGON_FAILURE: wrong user or
  // password. ACCESS_DENIED: anonymous, and that is not allowed. INVALID_PARAMETER: a message is
  // malformed, out of turn, or was changed on its way (MIC).
  proto::NtStatus Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) override;
  // Step asks the domain's controller about users that are not the gateway's own.
  bool Blocks() const override { return environment_.domain != nullptr; }
  bool ClaimedUser(absl::Span<const uint8_t> token, std::string* user) const override;
  std::string Reason() const override { return reason_; }
  AuthResult TakeResult() override;
  bool HasMic() const override;
  std::vector<uint8_t> MakeMic(absl::Span<const uint8_t> message) override;
  bool CheckMic(absl::Span<const uint8_t> message, absl::Span<const uint8_t> mic) override;

 private:
  enum class State : uint8_t { kNegotiate, kAuthenticate, kDone, kFailed };

  // INVALID_PARAMETER, with the reason.
  proto::NtStatus Malformed(absl::string_view reason);
  proto::NtStatus OnNegotiate(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  proto::NtStatus OnAuthenticate(absl::Span<const uint8_t> token);
  proto::NtStatus OnAnonymous(const proto::NtlmAuthenticate& message);
  proto::NtStatus OnUser(absl::Span<const uint8_t> token, const proto::NtlmAuthenticate& message);
  proto::NtStatus OnGuest();
  // Whether a user of that domain can only be one of the gateway's own.
  bool IsOwnDomain(absl::string_view domain) const;
  proto::NtStatus OnDomainUser(absl::string_view name, const proto::NtlmAuthenticate& message,
                               crypto::SecretBytes<16>* base);
  proto::NtStatus OnOwnUser(absl::string_view name, const proto::NtlmV2Response& response,
                            crypto::SecretBytes<16>* base);
  bool CheckMessageMic(absl::Span<const uint8_t> token,
                       const proto::NtlmAuthenticate& message) const;
  // Makes the session key from the key that the response gave; false if the client's own is
  // malformed.
  bool ExchangeKey(const crypto::SecretBytes<16>& base, const proto::NtlmAuthenticate& message);

  const NtlmEnvironment environment_;
  State state_ = State::kNegotiate;
  uint32_t flags_ = 0;
  std::array<uint8_t, 8> challenge_{};
  std::vector<uint8_t> negotiate_message_;  // both kept for the MIC
  std::vector<uint8_t> challenge_message_;
  AuthResult result_;
  crypto::SecretBytes<16> session_key_;
  std::string reason_;
  std::unique_ptr<NtlmSigner> signer_;
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_NTLM_SERVER_H_
