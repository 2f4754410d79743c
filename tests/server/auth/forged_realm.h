// Tickets of a Kerberos realm without a KDC: the service's key is known, so a ticket for anybody
// can be made.
#ifndef SLUICE_TESTS_SERVER_AUTH_FORGED_REALM_H_
#define SLUICE_TESTS_SERVER_AUTH_FORGED_REALM_H_

#include <memory>
#include <string>

namespace sluice::auth {

inline constexpr char kForgedRealm[] = "SLUICE.TEST";
inline constexpr char kForgedHost[] = "files.sluice.test";

// Sets the process's KRB5_CONFIG and KRB5CCNAME.
class ForgedRealm {
 public:
  // Writes its files, the service's keytab among them, into `directory`.
  explicit ForgedRealm(const std::string& directory);
  ~ForgedRealm();

  std::string keytab() const;
  // From now on KerberosClient has a ticket of `user`@SLUICE.TEST for cifs/files.sluice.test.
  void MakeTicket(const std::string& user);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace sluice::auth

#endif  // SLUICE_TESTS_SERVER_AUTH_FORGED_REALM_H_
