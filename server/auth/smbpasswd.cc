#include "server/auth/smbpasswd.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crypto/secret.h"
#include "server/auth/user_name.h"

namespace sluice::auth {
namespace {

constexpr size_t kHashDigits = 32;

// name:uid:LM hash:NT hash:[flags]:...
enum Field : size_t { kName, kUid, kLmHash, kNtHash, kFlags, kFieldsMin = kFlags };

bool ParseHash(absl::string_view digits, NtHash* hash) {
  if (digits.size() != kHashDigits) return false;
  for (const char c : digits) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return false;
  }
  std::string bytes = absl::HexStringToBytes(digits);
  std::copy(bytes.begin(), bytes.end(), hash->bytes.begin());
  crypto::Wipe(bytes.data(), bytes.size());
  return true;
}

// Why the account is none for people; "" if it is.
absl::string_view NotAPerson(absl::string_view name, absl::string_view flags) {
  if (absl::StrContains(flags, 'W') || absl::StrContains(flags, 'S') || absl::EndsWith(name, "$")) {
    return "is a machine's account";
  }
  if (absl::StrContains(flags, 'I')) return "is a trust between domains";
  return "";
}

}  // namespace

absl::StatusOr<SmbpasswdFile> ParseSmbpasswd(absl::string_view text, int first_line) {
  SmbpasswdFile file;
  int number = first_line - 1;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    const auto fail = [number](absl::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat(
          "line ", number, ": ", why,
          "; wanted is what `pdbedit -L -w` prints, name:uid:LM hash:NT hash:[flags]:LCT-time:"));
    };
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
    if (fields.size() < kFieldsMin) return fail("there are too few fields");
    SmbpasswdUser user;
    user.name = std::string(fields[kName]);
    absl::string_view flags = fields.size() > kFlags ? fields[kFlags] : "";
    // Files of Samba 1 have the full name here.
    if (!absl::StartsWith(flags, "[") || !absl::EndsWith(flags, "]")) flags = "";
    const auto skip = [&](absl::string_view why) {
      file.skipped.push_back(absl::StrCat("line ", number, ": ", user.name, " ", why));
    };
    const absl::string_view nobody = NotAPerson(user.name, flags);
    const absl::string_view hash = fields[kNtHash];
    if (!nobody.empty()) {
      skip(nobody);
    } else if (!ValidateUserName(user.name).ok()) {
      return fail("the name cannot be a user's");
    } else if (absl::StrContains(flags, 'N') || absl::StartsWith(hash, "NO PASSWORD") ||
               hash == std::string(kHashDigits, 'X') || hash == std::string(kHashDigits, '*')) {
      skip("has no password");
    } else if (!ParseHash(hash, &user.nt_hash)) {
      return fail("the NT hash is not 32 hex digits");
    } else {
      user.disabled = absl::StrContains(flags, 'D');
      file.users.push_back(std::move(user));
    }
  }
  return file;
}

}  // namespace sluice::auth
