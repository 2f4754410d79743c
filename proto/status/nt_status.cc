#include "proto/status/nt_status.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>

namespace sluice::proto {
namespace {

struct NameRow {
  uint32_t value;
  const char* name;
};

constexpr NameRow kNames[] = {
#define SLUICE_NT_STATUS_NAME(enumerator, name, value) {value, "STATUS_" #name},
    SLUICE_NT_STATUS_TABLE(SLUICE_NT_STATUS_NAME)
#undef SLUICE_NT_STATUS_NAME
};

constexpr bool StrictlyAscending() {
  for (size_t i = 1; i < std::size(kNames); ++i) {
    if (kNames[i - 1].value >= kNames[i].value) return false;
  }
  return true;
}
static_assert(StrictlyAscending(), "Name() searches by halves, and a value has one name");

struct ErrnoRow {
  int error;
  NtStatus status;
};

constexpr ErrnoRow kErrnos[] = {
    {EPERM, NtStatus::kAccessDenied},
    {EACCES, NtStatus::kAccessDenied},
    {ENOENT, NtStatus::kObjectNameNotFound},
    {ENOTDIR, NtStatus::kNotADirectory},
    {EISDIR, NtStatus::kFileIsADirectory},
    {EEXIST, NtStatus::kObjectNameCollision},
    {ENOTEMPTY, NtStatus::kDirectoryNotEmpty},
    {EXDEV, NtStatus::kNotSameDevice},
    {ELOOP, NtStatus::kObjectPathNotFound},
    {ENAMETOOLONG, NtStatus::kObjectNameInvalid},
    {EILSEQ, NtStatus::kObjectNameInvalid},
    {EINVAL, NtStatus::kInvalidParameter},
    {EDOM, NtStatus::kInvalidParameter},
    {ERANGE, NtStatus::kInvalidParameter},
    {EOVERFLOW, NtStatus::kInvalidParameter},
    {EBADF, NtStatus::kInvalidHandle},
    {ESTALE, NtStatus::kFileInvalid},
    {EBUSY, NtStatus::kSharingViolation},
    {ETXTBSY, NtStatus::kSharingViolation},
    {EDEADLK, NtStatus::kFileLockConflict},
    {ENOLCK, NtStatus::kInsufficientResources},
    {EAGAIN, NtStatus::kInsufficientResources},
    {ENOMEM, NtStatus::kInsufficientResources},
    {ENOBUFS, NtStatus::kInsufficientResources},
    {EMFILE, NtStatus::kTooManyOpenedFiles},
    {ENFILE, NtStatus::kTooManyOpenedFiles},
    {ENOSPC, NtStatus::kDiskFull},
    {EDQUOT, NtStatus::kDiskFull},
    {EFBIG, NtStatus::kDiskFull},
    {EROFS, NtStatus::kMediaWriteProtected},
    {EMLINK, NtStatus::kTooManyLinks},
    {ENODATA, NtStatus::kNotFound},
    {ENODEV, NtStatus::kNoSuchDevice},
    {ENXIO, NtStatus::kNoSuchDevice},
    {EIO, NtStatus::kIoDeviceError},
    {EREMOTEIO, NtStatus::kIoDeviceError},
    {ENOSYS, NtStatus::kNotSupported},
    {EOPNOTSUPP, NtStatus::kNotSupported},
    {ENOTTY, NtStatus::kInvalidDeviceRequest},
    {ESPIPE, NtStatus::kInvalidDeviceRequest},
    {ECANCELED, NtStatus::kCancelled},
    {EINTR, NtStatus::kRetry},
    {ETIMEDOUT, NtStatus::kIoTimeout},
    {EPIPE, NtStatus::kPipeBroken},
    {ECONNRESET, NtStatus::kConnectionReset},
    {ECONNABORTED, NtStatus::kConnectionAborted},
    {ECONNREFUSED, NtStatus::kConnectionRefused},
    {ENOTCONN, NtStatus::kConnectionDisconnected},
    {ENETUNREACH, NtStatus::kNetworkUnreachable},
    {EHOSTUNREACH, NtStatus::kHostUnreachable},
};

}  // namespace

std::string Name(NtStatus status) {
  const uint32_t value = static_cast<uint32_t>(status);
  const NameRow* row =
      std::lower_bound(std::begin(kNames), std::end(kNames), value,
                       [](const NameRow& left, uint32_t right) { return left.value < right; });
  if (row != std::end(kNames) && row->value == value) return row->name;
  char text[sizeof("0x00000000")];
  std::snprintf(text, sizeof(text), "0x%08X", value);
  return text;
}

NtStatus FromErrno(int error) {
  if (error == 0) return NtStatus::kOk;
  // Not abs(): it overflows for the smallest int.
  if (error > 0) error = -error;
  for (const ErrnoRow& row : kErrnos) {
    if (-row.error == error) return row.status;
  }
  return NtStatus::kUnsuccessful;
}

}  // namespace sluice::proto
