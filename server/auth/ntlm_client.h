// The client's half of NTLMv2 [MS-NLMP] 3.1.5, for the load generator and the tests.
#ifndef SLUICE_SERVER_AUTH_NTLM_CLIENT_H_
#define SLUICE_SERVER_AUTH_NTLM_CLIENT_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "crypto/secret.h"
#include "server/auth/ntlm_crypto.h"
#include "server/auth/user_store.h"
#include "server/base/clock.h"
#include "server/base/random.h"

namespace sluice::auth {

struct NtlmCredentials {
  std::string user;  // "" for anonymous
  std::string domain;
  std::string workstation;
  NtHash nt_hash;
};

// One exchange. Not thread-safe.
class NtlmClient {
 public:
  // `random` and `clock` outlive it.
  NtlmClient(NtlmCredentials credentials, base::Random& random, const base::Clock& clock);

  // The first message.
  std::vector<uint8_t> Negotiate();
  // The third message, in answer to the server's second; false if that is malformed or lacks what
  // NTLMv2 needs. Carries a MIC whenever the server sent a timestamp.
  bool Authenticate(absl::Span<const uint8_t> challenge, std::vector<uint8_t>* authenticate);

  // After Authenticate:
  const crypto::SecretBytes<16>& session_key() const { return session_key_; }
  NtlmSigner& signer() { return *signer_; }

 private:
  std::vector<uint8_t> MakeBlob(absl::Span<const uint8_t> target_info, bool* with_mic);

  const NtlmCredentials credentials_;
  base::Random& random_;
  const base::Clock& clock_;
  std::vector<uint8_t> negotiate_;
  crypto::SecretBytes<16> session_key_;
  std::unique_ptr<NtlmSigner> signer_;
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_NTLM_CLIENT_H_
