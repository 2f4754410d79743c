// The codes that an error of the control socket may have: the gateway's answers and sluicectl's
// messages are made from one table.
#ifndef SLUICE_SERVER_CONTROL_ERROR_CODES_H_
#define SLUICE_SERVER_CONTROL_ERROR_CODES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::control {

struct ErrorCode {
  absl::StatusCode status;
  absl::string_view name;
  absl::string_view meaning;
};
// The last is for every other status.
absl::Span<const ErrorCode> ErrorCodes();

absl::string_view CodeName(absl::StatusCode status);
// The last one's for a name that is not there.
absl::StatusCode StatusOfCode(absl::string_view name);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_ERROR_CODES_H_
