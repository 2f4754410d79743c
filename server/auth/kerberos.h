// Kerberos log-ons by MIT's GSSAPI and a keytab [MS-SMB2] 3.3.5.5.3, RFC 4121.
//
// The keytab is read for every log-on, so a new key counts from the moment that its file is in
// place; what the file holds is logged at the start and when it has changed.
#ifndef SLUICE_SERVER_AUTH_KERBEROS_H_
#define SLUICE_SERVER_AUTH_KERBEROS_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/auth/domain_users.h"
#include "server/auth/mechanism.h"
#include "server/auth/principal_map.h"
#include "server/auth/user_store.h"

namespace sluice::auth {

struct KerberosOptions {
  std::string keytab;  // a path
  // A file that remembers the authenticators seen, so that none is taken twice; "": the library's
  // own in /var/tmp.
  std::string replay_cache;
  // No realms: the system's default realm (krb5.conf), and without one the realms of the keytab.
  PrincipalRules principals;
};

// The keys of a keytab, one "cifs/host@REALM (kvno 3)" for each principal and version. An error
// says why the file cannot be used and what to do.
absl::StatusOr<std::vector<std::string>> ListKeytab(const std::string& path);

class KerberosAcceptor final : public MechanismSource {
 public:
  // Fails where the keytab cannot be used. `users` and `domain` (null: none) outlive it.
  static absl::StatusOr<std::unique_ptr<KerberosAcceptor>> Open(KerberosOptions options,
                                                                const UserStore& users,
                                                                DomainUsers* domain);

  // Its Step blocks. LOGON_FAILURE: the ticket is not for a key of the keytab, is expired or
  // replayed, or its principal is no user. TIME_DIFFERENCE_AT_DC: the client's clock is wrong.
  // INVALID_PARAMETER: the token is malformed.
  std::unique_ptr<Mechanism> Begin(bool ignore_case) override;

  const KerberosOptions& options() const { return options_; }
  // Logs what the keytab holds if its file has changed since the last call. Thread-safe; BLOCKS.
  void NoticeChange();
  // The user of a principal: by the rules, spelled as the user store or the domain has it. Names
  // are compared byte for byte or, with `ignore_case`, without regard to the case of ASCII letters:
  // what Unicode folds together may be two principals. BLOCKS.
  absl::StatusOr<AuthResult> FindUser(const std::string& principal, bool ignore_case);

 private:
  KerberosAcceptor(KerberosOptions options, const UserStore& users, DomainUsers* domain);

  const KerberosOptions options_;
  const UserStore& users_;
  DomainUsers* const domain_;
  std::mutex mutex_;
  std::string seen_;  // of the keytab's file: what tells one version from another; mutex_
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_KERBEROS_H_
