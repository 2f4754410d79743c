// The security tokens of one log-on, of whichever mechanism the options ask for.
#ifndef SLUICE_BENCHMARKS_LOAD_CLIENT_AUTHENTICATION_H_
#define SLUICE_BENCHMARKS_LOAD_CLIENT_AUTHENTICATION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "benchmarks/load/client/client.h"
#include "server/auth/kerberos_client.h"
#include "server/auth/spnego_client.h"

namespace sluice::bench {

class Authentication {
 public:
  explicit Authentication(const ClientOptions& options);

  // The token of the first SESSION_SETUP request. Kerberos BLOCKS here, and so the client's whole
  // loop: for a file that is in the page cache, and once in a ticket's life for the KDC. That is
  // when the run's first connection is made, before anything is measured.
  absl::StatusOr<std::vector<uint8_t>> Start();
  // The next request's token, in answer to a response with MORE_PROCESSING_REQUIRED.
  absl::StatusOr<std::vector<uint8_t>> Continue(absl::Span<const uint8_t> token);
  // Takes the final response's.
  absl::Status Finish(absl::Span<const uint8_t> token);

  // After Finish.
  absl::Span<const uint8_t> session_key() const;

 private:
  // One of them.
  std::optional<auth::SpnegoClient> ntlm_;
  std::optional<auth::KerberosClient> kerberos_;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_CLIENT_AUTHENTICATION_H_
