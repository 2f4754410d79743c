#include "server/auth/principal_map.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::auth {

absl::StatusOr<Principal> ParsePrincipal(absl::string_view text) {
  Principal principal;
  std::string part;
  bool in_realm = false;
  const auto malformed = [text] {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::Utf8SafeCHexEscape(text), "\" is not user@REALM"));
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      if (++i == text.size()) return malformed();
      constexpr absl::string_view kNames = "ntb0";
      constexpr absl::string_view kMeanings("\n\t\b\0", 4);
      const size_t name = kNames.find(text[i]);
      part += name == absl::string_view::npos ? text[i] : kMeanings[name];
    } else if (c == '@' || (c == '/' && !in_realm)) {
      if (in_realm || part.empty()) return malformed();
      principal.components.push_back(std::exchange(part, ""));
      in_realm = c == '@';
    } else {
      part += c;
    }
  }
  if (!in_realm || part.empty()) return malformed();
  principal.realm = std::move(part);
  return principal;
}

absl::StatusOr<std::string> MapPrincipal(const PrincipalRules& rules, absl::string_view text) {
  const auto mapped = rules.users.find(std::string(text));
  if (mapped != rules.users.end()) return mapped->second;
  absl::StatusOr<Principal> principal = ParsePrincipal(text);
  if (!principal.ok()) return principal.status();
  const std::string shown = absl::Utf8SafeCHexEscape(text);
  if (std::find(rules.realms.begin(), rules.realms.end(), principal->realm) == rules.realms.end()) {
    return absl::NotFoundError(
        absl::StrCat("the principal ", shown, " is of realm ",
                     absl::Utf8SafeCHexEscape(principal->realm), "; auth.kerberos_realms is ",
                     rules.realms.empty() ? "empty" : absl::StrJoin(rules.realms, ", "),
                     ", and [auth.kerberos_users] does not name it"));
  }
  if (principal->components.size() != 1) {
    return absl::NotFoundError(
        absl::StrCat("the principal ", shown,
                     " has an instance; only [auth.kerberos_users] can make it a user"));
  }
  // Of which a C library would read only the beginning, another user's name.
  if (principal->components[0].find('\0') != std::string::npos) {
    return absl::NotFoundError(absl::StrCat("the principal ", shown, " has a zero in its name"));
  }
  return std::move(principal->components[0]);
}

}  // namespace sluice::auth
