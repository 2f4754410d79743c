#include "server/control/error_codes.h"

namespace sluice::control {
namespace {

constexpr ErrorCode kErrorCodes[] = {
    {absl::StatusCode::kInvalidArgument, "invalid_argument",
     "the request is not understood or a value is not valid; the message says what would be"},
    {absl::StatusCode::kNotFound, "not_found", "there is no such command, user, share, ..."},
    {absl::StatusCode::kAlreadyExists, "already_exists", "there is one of that name already"},
    {absl::StatusCode::kFailedPrecondition, "conflict",
     "what is there now does not allow it; the message says what to change first"},
    {absl::StatusCode::kResourceExhausted, "limit", "a limit is reached"},
    {absl::StatusCode::kPermissionDenied, "denied", "the caller may not do that"},
    {absl::StatusCode::kUnknown, "failed",
     "it could not be done, such as for a full disk; nothing has changed"},
};

}  // namespace

absl::Span<const ErrorCode> ErrorCodes() { return kErrorCodes; }

absl::string_view CodeName(absl::StatusCode status) {
  for (const ErrorCode& code : kErrorCodes) {
    if (code.status == status) return code.name;
  }
  return ErrorCodes().back().name;
}

absl::StatusCode StatusOfCode(absl::string_view name) {
  for (const ErrorCode& code : kErrorCodes) {
    if (code.name == name) return code.status;
  }
  return ErrorCodes().back().status;
}

}  // namespace sluice::control
