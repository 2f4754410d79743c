// The users of the domain that the machine has joined, as whoever knows them answers for them.
#ifndef SLUICE_SERVER_AUTH_DOMAIN_USERS_H_
#define SLUICE_SERVER_AUTH_DOMAIN_USERS_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "crypto/secret.h"
#include "proto/status/nt_status.h"

namespace sluice::auth {

// A client's answer to an NTLM challenge, as the domain's controller wants it.
struct NtlmAnswer {
  std::string user;
  std::string domain;
  std::string workstation;
  std::array<uint8_t, 8> challenge{};
  absl::Span<const uint8_t> nt_response;
  absl::Span<const uint8_t> lm_response;
};

struct DomainUser {
  std::string name;       // DOMAIN\user
  std::string unix_user;  // its uid, decimal; "" where the domain's users have none here
  crypto::SecretBytes<16> session_base_key;
};

class DomainUsers {
 public:
  virtual ~DomainUsers() = default;

  // Has the domain's controller judge. NO_SUCH_USER: not a user of the domain or of one that it
  // trusts, so a user of the gateway's own may be meant. Anything else but OK is the answer, with
  // `*why` for the operator. BLOCKS: it asks the network. Thread-safe.
  virtual proto::NtStatus Authenticate(const NtlmAnswer& answer, DomainUser* user,
                                       std::string* why) = 0;
  // The user that a Kerberos principal of `realm` is. False: not known here. BLOCKS. Thread-safe.
  virtual bool Find(const std::string& user, const std::string& realm, DomainUser* found) = 0;
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_DOMAIN_USERS_H_
