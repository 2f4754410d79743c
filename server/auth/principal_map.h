// Which user a Kerberos principal is.
#ifndef SLUICE_SERVER_AUTH_PRINCIPAL_MAP_H_
#define SLUICE_SERVER_AUTH_PRINCIPAL_MAP_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::auth {

struct PrincipalRules {
  // "alice@EXAMPLE.COM" -> "al"; goes before everything else.
  std::map<std::string, std::string> users;
  // Realms whose principals are users by their first component: alice@EXAMPLE.COM is alice.
  std::vector<std::string> realms;
};

struct Principal {
  std::vector<std::string> components;  // at least one
  std::string realm;
};

// As gss_display_name and krb5_unparse_name write it, with backslashes in front of what would
// separate. An error if it has no realm or an empty component.
absl::StatusOr<Principal> ParsePrincipal(absl::string_view text);

// The user of `principal`. The error says which rule is missing.
absl::StatusOr<std::string> MapPrincipal(const PrincipalRules& rules, absl::string_view principal);

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_PRINCIPAL_MAP_H_
