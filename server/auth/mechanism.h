// One security mechanism inside an authentication: NTLM and Kerberos are such.
#ifndef SLUICE_SERVER_AUTH_MECHANISM_H_
#define SLUICE_SERVER_AUTH_MECHANISM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/secret.h"
#include "proto/status/nt_status.h"
#include "server/base/name_match.h"

namespace sluice::auth {

// The mechanisms' names for people.
inline constexpr absl::string_view kNtlmName = "NTLM";
inline constexpr absl::string_view kKerberosName = "Kerberos";

// Who has authenticated.
struct AuthResult {
  std::string user;  // as the user store spells it; "" for anonymous
  base::NameMatch name_match = base::NameMatch::kFolded;
  std::string domain;  // as the client sent it; a Kerberos principal's realm
  std::string workstation;
  std::string unix_user;        // of the user's record, see identity_map.h
  absl::string_view mechanism;  // the name of the one that SpnegoServer chose
  bool guest = false;
  bool anonymous = false;
  // What the mechanism agreed on: 16 bytes of NTLM, as many as the ticket's key type has of
  // Kerberos. Never empty; zeros for a guest.
  crypto::SecretBuffer session_key;
  // From now, until the credentials end; 0: they do not.
  uint64_t lifetime_seconds = 0;
};

// One exchange. Not thread-safe, but indifferent to which thread calls it.
class Mechanism {
 public:
  virtual ~Mechanism() = default;

  // Takes the peer's token and makes the answer (empty where there is none).
  // MORE_PROCESSING_REQUIRED: the peer must send another one. OK: it has authenticated. Anything
  // else: it has not, and the exchange is over.
  virtual proto::NtStatus Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) = 0;
  // Whether Step may read files or ask the network: then it belongs on the blocking pool.
  virtual bool Blocks() const { return false; }
  // The user whose secret `token` is an answer to; false for a token that tries none.
  virtual bool ClaimedUser(absl::Span<const uint8_t> token, std::string* user) const {
    (void)token;
    (void)user;
    return false;
  }
  // After Step refused: why, for the operator, as the end of the sentence "the client was refused:
  // ...". Without secrets; "" where the status says everything.
  virtual std::string Reason() const { return ""; }

  // After Step gave OK:

  virtual AuthResult TakeResult() = 0;
  // Whether the mechanism has a key to protect the SPNEGO exchange with.
  virtual bool HasMic() const = 0;
  // Each message in either direction takes the next sequence number.
  virtual std::vector<uint8_t> MakeMic(absl::Span<const uint8_t> message) = 0;
  virtual bool CheckMic(absl::Span<const uint8_t> message, absl::Span<const uint8_t> mic) = 0;
};

// Makes exchanges. Thread-safe.
class MechanismSource {
 public:
  virtual ~MechanismSource() = default;
  // `ignore_case`: the preference auth.kerberos_ignore_case.
  virtual std::unique_ptr<Mechanism> Begin(bool ignore_case) = 0;
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_MECHANISM_H_
