// Text from peers, fit for logs, tables and terminals.
#ifndef SLUICE_SERVER_BASE_PRINTABLE_H_
#define SLUICE_SERVER_BASE_PRINTABLE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::base {

// What could steer a terminal, begin another line, or show text in another order than it has: C0,
// C1 and DEL, line and paragraph separators, and the marks of bidirectional text.
bool IsControl(uint32_t code_point);

// `text` with each of those as \u and four hexadecimal digits, but for the ASCII ones in `kept`,
// and U+FFFD for what is not UTF-8. Of the text of a JSON value it makes one of the same value.
std::string Printable(absl::string_view text, absl::string_view kept = "");

bool IsUtf8(absl::string_view text);
// Whether there is none of those in it, and it is UTF-8.
bool IsPrintable(absl::string_view text);

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_PRINTABLE_H_
