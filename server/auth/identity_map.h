// Which Unix credentials the sessions of a user have.
#ifndef SLUICE_SERVER_AUTH_IDENTITY_MAP_H_
#define SLUICE_SERVER_AUTH_IDENTITY_MAP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/identity.h"

namespace sluice::auth {

struct IdentityOptions {
  // Whether the gateway can take other credentials than its own (it runs as root). If not, every
  // identity is the process's own.
  bool can_switch = false;
  // Whose rights a user has for whom there is no account; "" refuses such a user. The default owns
  // nothing, so a user who was never mapped can read what the world may and change nothing.
  std::string fallback_account = "nobody";
};

// The rule, when credentials can be switched:
//  1. `unix_user`, if given: that account (root too, since somebody said so) or, if it is a number,
//     that uid with the groups of its account; a number without an account is its own group. A
//     name without an account is an error: never fall back from what was asked for.
//  2. the account with the user's name, exact or in lower case, unless its uid is 0: a file user
//     called "root" is not root by its name alone;
//  3. the fallback account.
//
// BLOCKS: it asks NSS, which may ask the network. Call it on the blocking pool. Thread-safe.
absl::StatusOr<base::Identity> ResolveIdentity(const IdentityOptions& options,
                                               absl::string_view user_name,
                                               absl::string_view unix_user);

// For guest and anonymous sessions: the fallback account or, if there is none, an error. BLOCKS.
absl::StatusOr<base::Identity> ResolveGuestIdentity(const IdentityOptions& options);

// The process's own effective credentials.
base::Identity ProcessIdentity();

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_IDENTITY_MAP_H_
