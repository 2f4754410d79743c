// What server and client agree on before anybody authenticates [MS-SMB2] 3.3.5.3, 3.3.5.4,
// 3.3.5.15.12. Pure functions: no clock, no randomness, no connection.
#ifndef SLUICE_SERVER_SESSION_NEGOTIATION_H_
#define SLUICE_SERVER_SESSION_NEGOTIATION_H_

#include <array>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "crypto/algorithms.h"
#include "proto/smb2/fsctl.h"
#include "proto/smb2/negotiate.h"
#include "proto/smb2/smb1_negotiate.h"
#include "proto/status/nt_status.h"
#include "server/session/server_options.h"

namespace sluice::session {

// The part of [MS-SMB2] 3.3.1.7 that the negotiation fixes.
struct Negotiated {
  // kWildcard: an SMB1 client was told to negotiate again, in SMB2.
  proto::Dialect dialect = proto::Dialect::kSmb202;
  uint16_t client_security_mode = 0;
  uint32_t client_capabilities = 0;
  std::array<uint8_t, 16> client_guid{};
  absl::InlinedVector<uint16_t, 8> client_dialects;
  uint16_t server_security_mode = 0;
  uint32_t server_capabilities = 0;
  std::array<uint8_t, 16> server_guid{};
  crypto::SigningAlgorithm signing_algorithm = crypto::SigningAlgorithm::kHmacSha256;
  crypto::Cipher cipher = crypto::Cipher::kNone;
  bool multi_credit = false;
  uint32_t transact_bytes_max = 0;
  uint32_t read_bytes_max = 0;
  uint32_t write_bytes_max = 0;

  // Whether a user's session must sign: the server's option as it was then, the client's mode, or
  // the SecurityMode of its SESSION_SETUP.
  bool RequiresSigning(uint16_t session_setup_security_mode) const {
    return ((server_security_mode | client_security_mode | session_setup_security_mode) &
            proto::kSigningRequired) != 0;
  }
};

// What the response holds beside the decision.
struct NegotiateMaterial {
  absl::Span<const uint8_t> security_buffer;  // auth::SpnegoHint()
  absl::Span<const uint8_t> salt;             // 32 random bytes, for 3.1.1
  uint64_t system_time = 0;                   // FILETIME
};

struct NegotiateResult {
  // INVALID_PARAMETER, NOT_SUPPORTED or SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP: the rest means
  // nothing, and the client may try again.
  proto::NtStatus status = proto::NtStatus::kOk;
  Negotiated negotiated;
  proto::NegotiateResponse response;  // views the material
};

// Answers an SMB2 NEGOTIATE. A request that could not be decoded gets INVALID_PARAMETER from the
// caller.
NegotiateResult Negotiate(const proto::NegotiateRequest& request, const ServerOptions& options,
                          const NegotiateMaterial& material);

// Answers an SMB1 NEGOTIATE with dialect 2.0.2, which settles it, or with the wildcard, after which
// an SMB2 NEGOTIATE with message id 1 follows. NOT_SUPPORTED: the client speaks no SMB2, and the
// caller ends the connection without an answer.
NegotiateResult NegotiateSmb1(const proto::Smb1Negotiate& request, const ServerOptions& options,
                              const NegotiateMaterial& material);

// Answers FSCTL_VALIDATE_NEGOTIATE_INFO. False: somebody changed the negotiation on its way, or the
// dialect is 3.1.1 and has better means, or the answer has no room in `max_output_bytes`; the
// caller ends the connection without an answer.
[[nodiscard]] bool ValidateNegotiate(const Negotiated& negotiated,
                                     const proto::ValidateNegotiateInfoRequest& request,
                                     uint32_t max_output_bytes,
                                     proto::ValidateNegotiateInfoResponse* response);

}  // namespace sluice::session

#endif  // SLUICE_SERVER_SESSION_NEGOTIATION_H_
