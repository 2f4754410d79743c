// One security mechanism inside an authentication: NTLM here, Kerberos beside it.
#ifndef SLUICE_SERVER_AUTH_MECHANISM_H_
#define SLUICE_SERVER_AUTH_MECHANISM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "crypto/secret.h"
#include "proto/status/nt_status.h"

namespace sluice::auth {

// Who has authenticated.
struct AuthResult {
  std::string user;    // as the user store spells it; "" for anonymous
  std::string domain;  // as the client sent it
  std::string workstation;
  std::string unix_user;  // of the user's record, see identity_map.h
  bool guest = false;
  bool anonymous = false;
  crypto::SecretBytes<16> session_key;
};

// One exchange. Not thread-safe, but indifferent to which thread calls it: a mechanism that asks
// the network in Step belongs on the blocking pool.
class Mechanism {
 public:
  virtual ~Mechanism() = default;

  // Takes the peer's token and makes the answer (empty where there is none).
  // MORE_PROCESSING_REQUIRED: the peer must send another one. OK: it has authenticated. Anything
  // else: it has not, and the exchange is over.
  virtual proto::NtStatus Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) = 0;

  // After Step gave OK:

  virtual AuthResult TakeResult() = 0;
  // Whether the mechanism has a key to protect the SPNEGO exchange with.
  virtual bool HasMic() const = 0;
  // Each message in either direction takes the next sequence number.
  virtual std::vector<uint8_t> MakeMic(absl::Span<const uint8_t> message) = 0;
  virtual bool CheckMic(absl::Span<const uint8_t> message, absl::Span<const uint8_t> mic) = 0;
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_MECHANISM_H_
