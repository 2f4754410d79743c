// The initiator's half of SPNEGO with Kerberos as its mechanism, by MIT's GSSAPI and the tickets of
// kinit [MS-SMB2] 3.2.4.2.3, RFC 4121. For the load generator.
#ifndef SLUICE_SERVER_AUTH_KERBEROS_CLIENT_H_
#define SLUICE_SERVER_AUTH_KERBEROS_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crypto/secret.h"

namespace sluice::auth {

// The principal, "alice@EXAMPLE.COM", whose ticket-granting ticket the cache (KRB5CCNAME, or the
// system's default) has: that of `user`, or with "" the default one. The error says why there is
// none that is valid. BLOCKS: reads files.
absl::StatusOr<std::string> FindTicket(const std::string& user);

// One authentication, mutual. Not thread-safe. An error's text says what went wrong and to whom.
class KerberosClient {
 public:
  // To the service cifs/`host`, as FindTicket's `user`.
  KerberosClient(std::string host, std::string user);
  ~KerberosClient();
  KerberosClient(const KerberosClient&) = delete;
  KerberosClient& operator=(const KerberosClient&) = delete;

  // The token of the first SESSION_SETUP request. BLOCKS: reads the cache and, until that holds a
  // ticket for the service, asks the KDC.
  absl::StatusOr<std::vector<uint8_t>> Start();
  // The next request's token, in answer to a response with MORE_PROCESSING_REQUIRED.
  absl::StatusOr<std::vector<uint8_t>> Continue(absl::Span<const uint8_t> token);
  // Takes the token of the final response, in which the server proves who it is.
  absl::Status Finish(absl::Span<const uint8_t> token);

  // After Finish; as many bytes as the ticket's key type has.
  absl::Span<const uint8_t> session_key() const { return session_key_.span(); }

 private:
  struct Context;

  absl::Status Step(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  absl::Status Take(absl::Span<const uint8_t> token, std::vector<uint8_t>* reply);
  absl::Status Failed(const std::string& why) const;

  const std::string host_;
  const std::string user_;
  const std::unique_ptr<Context> context_;
  std::vector<uint8_t> mech_types_;  // as sent, for mechListMIC
  crypto::SecretBuffer session_key_;
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_KERBEROS_CLIENT_H_
