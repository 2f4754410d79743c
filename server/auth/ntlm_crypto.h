// The computations that both halves of NTLMv2 share [MS-NLMP] 3.3.2, 3.4.
#ifndef SLUICE_SERVER_AUTH_NTLM_CRYPTO_H_
#define SLUICE_SERVER_AUTH_NTLM_CRYPTO_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "server/auth/user_store.h"

namespace sluice::auth {

// NTOWFv2: keyed by the hash, over the upper-cased user name and the domain as it is. False if a
// name is not UTF-8.
bool NtOwfV2(const NtHash& hash, absl::string_view user, absl::string_view domain,
             crypto::SecretBytes<16>* response_key);

// NTProofStr, and with it the session base key: `blob` is the response after its first 16 bytes
// (NTLMv2_CLIENT_CHALLENGE).
std::array<uint8_t, 16> NtProof(const crypto::SecretBytes<16>& response_key,
                                absl::Span<const uint8_t> server_challenge,
                                absl::Span<const uint8_t> blob);
crypto::SecretBytes<16> SessionBaseKey(const crypto::SecretBytes<16>& response_key,
                                       absl::Span<const uint8_t> nt_proof);

// Over the three messages, the third with its MIC field zero.
std::array<uint8_t, 16> Mic(const crypto::SecretBytes<16>& session_key,
                            absl::Span<const uint8_t> negotiate,
                            absl::Span<const uint8_t> challenge,
                            absl::Span<const uint8_t> authenticate);

// Makes and checks message signatures with extended session security (3.4.4.2). Each direction
// counts its messages.
class NtlmSigner {
 public:
  // `flags`: as negotiated; `server`: this side's role.
  NtlmSigner(uint32_t flags, const crypto::SecretBytes<16>& session_key, bool server);

  std::array<uint8_t, 16> Make(absl::Span<const uint8_t> message);
  // In constant time. A wrong one uses up a sequence number too.
  bool Check(absl::Span<const uint8_t> message, absl::Span<const uint8_t> signature);

 private:
  struct Direction {
    Direction(uint32_t flags, const crypto::SecretBytes<16>& session_key, bool from_server);
    std::array<uint8_t, 16> Next(absl::Span<const uint8_t> message, bool key_exchange);

    crypto::SecretBytes<16> signing_key;
    crypto::Rc4 stream;
    uint32_t sequence = 0;
  };

  const bool key_exchange_;
  Direction outgoing_;
  Direction incoming_;
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_NTLM_CRYPTO_H_
