#include "server/auth/user_name.h"

#include <utf8proc.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/wire/utf16.h"
#include "server/base/limits.h"

namespace sluice::auth {
namespace {

constexpr absl::string_view kForbidden = "\"/\\[]:;|=,+*?<>@";

bool IsForbidden(char32_t c) {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return true;
  // What is left of a broken surrogate pair.
  if (c >= 0xd800 && c < 0xe000) return true;
  return c < 0x80 && kForbidden.find(static_cast<char>(c)) != absl::string_view::npos;
}

}  // namespace

bool UpperCaseName(absl::string_view name, std::string* upper) {
  upper->clear();
  char32_t c = 0;
  while (!name.empty()) {
    if (!proto::TakeCodePoint(&name, &c)) return false;
    proto::AppendCodePoint(static_cast<char32_t>(utf8proc_toupper(static_cast<int32_t>(c))), upper);
  }
  return true;
}

bool SameUser(absl::string_view a, absl::string_view b) {
  std::string upper_a;
  std::string upper_b;
  return UpperCaseName(a, &upper_a) && UpperCaseName(b, &upper_b) && upper_a == upper_b;
}

bool NamesUser(absl::string_view listed, absl::string_view user, base::NameMatch match) {
  switch (match) {
    case base::NameMatch::kFolded:
      return SameUser(listed, user);
    case base::NameMatch::kAsciiCase:
      return absl::EqualsIgnoreCase(listed, user);
    case base::NameMatch::kExact:
      return listed == user;
  }
  return false;
}

absl::Status ValidateUserName(absl::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("a user name may not be empty");
  const auto at_end = [](char c) { return c == ' ' || c == '.'; };
  if (at_end(name.front()) || at_end(name.back())) {
    return absl::InvalidArgumentError("a user name may not begin or end with a space or a dot");
  }
  size_t characters = 0;
  absl::string_view rest = name;
  while (!rest.empty()) {
    char32_t c = 0;
    if (!proto::TakeCodePoint(&rest, &c)) {
      return absl::InvalidArgumentError("a user name must be UTF-8");
    }
    if (IsForbidden(c)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a user name may not hold control characters or any of ", kForbidden));
    }
    if (++characters > limits::user_name_characters_max) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a user name may have ", limits::user_name_characters_max, " characters at most"));
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::auth
