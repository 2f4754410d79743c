// The domain's users by Samba's winbindd, which knows them where the machine has been joined.
#ifndef SLUICE_SERVER_AUTH_WINBIND_H_
#define SLUICE_SERVER_AUTH_WINBIND_H_

#include <memory>
#include <string>

#include "server/auth/domain_users.h"

namespace sluice::auth {

// Asks the winbindd of this machine, anew each time: it may come and go. The answers to NTLM
// challenges need its privileged pipe: root, or membership in the group winbindd_priv. A winbindd
// that is not there, or not in a domain, knows nobody: then the gateway's own users are left.
std::unique_ptr<DomainUsers> MakeWinbindUsers();

// "in the domain EXAMPLE (example.com)", or why domain users cannot log on, for the log. BLOCKS.
std::string DescribeWinbind();

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_WINBIND_H_
