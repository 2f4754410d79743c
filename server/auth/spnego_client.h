// The initiator's half of SPNEGO with NTLM as its mechanism, for the load generator and the tests.
#ifndef SLUICE_SERVER_AUTH_SPNEGO_CLIENT_H_
#define SLUICE_SERVER_AUTH_SPNEGO_CLIENT_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "crypto/secret.h"
#include "server/auth/ntlm_client.h"

namespace sluice::auth {

// One authentication. Not thread-safe.
class SpnegoClient {
 public:
  SpnegoClient(NtlmCredentials credentials, base::Random& random, const base::Clock& clock);

  // The token of the first SESSION_SETUP request.
  std::vector<uint8_t> Start();
  // The next request's token, in answer to a response with MORE_PROCESSING_REQUIRED; false if that
  // is malformed.
  bool Continue(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  // Whether the token of the final response completes the exchange, its mechListMIC included.
  bool Finish(absl::Span<const uint8_t> token);

  // After the last Continue.
  const crypto::SecretBytes<16>& session_key() const { return ntlm_.session_key(); }

 private:
  NtlmClient ntlm_;
  std::vector<uint8_t> mech_types_;  // as sent, for mechListMIC
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_SPNEGO_CLIENT_H_
