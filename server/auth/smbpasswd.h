// Users as `pdbedit -L -w` and Samba's smbpasswd files have them, smbpasswd(5).
#ifndef SLUICE_SERVER_AUTH_SMBPASSWD_H_
#define SLUICE_SERVER_AUTH_SMBPASSWD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/auth/user_store.h"

namespace sluice::auth {

struct SmbpasswdUser {
  std::string name;
  NtHash nt_hash;
  bool disabled = false;
};

struct SmbpasswdFile {
  std::vector<SmbpasswdUser> users;
  // One sentence for each account that cannot be a user here: "line 3: pc7$ is a machine's
  // account".
  std::vector<std::string> skipped;
};

// A malformed line is an error that names it; hashes are never in a message. Lines are counted from
// `first_line`.
absl::StatusOr<SmbpasswdFile> ParseSmbpasswd(absl::string_view text, int first_line = 1);

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_SMBPASSWD_H_
