#include "benchmarks/load/client/authentication.h"

#include <utility>

#include "server/base/clock.h"
#include "server/base/random.h"

namespace sluice::bench {

Authentication::Authentication(const ClientOptions& options) {
  if (options.kerberos) {
    kerberos_.emplace(options.server, options.user);
    return;
  }
  auth::NtlmCredentials credentials;
  credentials.user = options.user;
  credentials.domain = options.domain;
  credentials.nt_hash = options.nt_hash;
  ntlm_.emplace(std::move(credentials), base::SystemRandom(), base::SystemClock());
}

absl::StatusOr<std::vector<uint8_t>> Authentication::Start() {
  if (kerberos_) return kerberos_->Start();
  return ntlm_->Start();
}

absl::StatusOr<std::vector<uint8_t>> Authentication::Continue(absl::Span<const uint8_t> token) {
  if (kerberos_) return kerberos_->Continue(token);
  std::vector<uint8_t> reply;
  if (!ntlm_->Continue(token, &reply)) {
    return absl::FailedPreconditionError("the server offers no NTLM");
  }
  return reply;
}

absl::Status Authentication::Finish(absl::Span<const uint8_t> token) {
  // Of NTLM there is only a mechListMIC to check, which servers may leave out.
  return kerberos_ ? kerberos_->Finish(token) : absl::OkStatus();
}

absl::Span<const uint8_t> Authentication::session_key() const {
  return kerberos_ ? kerberos_->session_key() : ntlm_->session_key().span();
}

}  // namespace sluice::bench
