// The client's half of NEGOTIATE: what to offer, and what the server's answer settles
// [MS-SMB2] 3.2.4.2.2.2, 3.2.5.2. For the load generator and the tests.
#ifndef SLUICE_SERVER_SESSION_CLIENT_TERMS_H_
#define SLUICE_SERVER_SESSION_CLIENT_TERMS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "crypto/algorithms.h"
#include "proto/smb2/negotiate.h"
#include "server/session/crypto_state.h"

namespace sluice::session {

struct ClientOffer {
  std::vector<proto::Dialect> dialects = {proto::Dialect::kSmb202, proto::Dialect::kSmb210,
                                          proto::Dialect::kSmb300, proto::Dialect::kSmb302,
                                          proto::Dialect::kSmb311};
  // In order of preference; for 3.1.1 only. An empty list: the context is left out.
  std::vector<crypto::SigningAlgorithm> signing = {crypto::SigningAlgorithm::kAes128Gmac,
                                                   crypto::SigningAlgorithm::kAes128Cmac,
                                                   crypto::SigningAlgorithm::kHmacSha256};
  std::vector<crypto::Cipher> ciphers = {crypto::Cipher::kAes128Gcm, crypto::Cipher::kAes128Ccm,
                                         crypto::Cipher::kAes256Gcm, crypto::Cipher::kAes256Ccm};
  uint16_t security_mode = proto::kSigningEnabled;
  std::array<uint8_t, 16> client_guid = {1, 2, 3, 4};
};

// `salt` outlives the request.
proto::NegotiateRequest MakeNegotiateRequest(const ClientOffer& offer,
                                             absl::Span<const uint8_t> salt);

// The server's choice; its role and preauth hash are still to be filled in by the caller
// (`preauth_hash` is empty). 3.0 and 3.0.2 mean CMAC and, where the server can encrypt, CCM.
KeyParameters ClientTerms(const proto::NegotiateResponse& response);

}  // namespace sluice::session

#endif  // SLUICE_SERVER_SESSION_CLIENT_TERMS_H_
