// NTSTATUS values that an SMB server sends and its clients expect, their names, and the one mapping
// from errno to them. [MS-ERREF] 2.3.1.
#ifndef SLUICE_PROTO_STATUS_NT_STATUS_H_
#define SLUICE_PROTO_STATUS_NT_STATUS_H_

#include <cstdint>
#include <string>

#include "proto/status/nt_status_table.h"

namespace sluice::proto {

// A peer may send any 32-bit value; those without an enumerator are still valid NtStatus values.
enum class NtStatus : uint32_t {
#define SLUICE_NT_STATUS_ENUMERATOR(enumerator, name, value) enumerator = value,
  SLUICE_NT_STATUS_TABLE(SLUICE_NT_STATUS_ENUMERATOR)
#undef SLUICE_NT_STATUS_ENUMERATOR
};

// Severity is the top two bits: 0 success, 1 informational, 2 warning, 3 error.
constexpr uint32_t Severity(NtStatus status) { return static_cast<uint32_t>(status) >> 30; }

// Success and informational, as NT_SUCCESS() has it. kPending is a success by this.
constexpr bool IsSuccess(NtStatus status) { return Severity(status) < 2; }
// Severity error only: not kBufferOverflow, kNoMoreFiles, kStoppedOnSymlink, which are warnings.
constexpr bool IsError(NtStatus status) { return Severity(status) == 3; }
constexpr bool IsWarning(NtStatus status) { return Severity(status) == 2; }

// "STATUS_ACCESS_DENIED", or "0xC0FFEE00" for a value without an enumerator.
std::string Name(NtStatus status);

// The status for a failed system call: `error` may be errno or -errno; 0 is kOk. What depends on
// the operation (ENOENT on the way or at the end, EXDEV from RESOLVE_BENEATH) is the caller's: here
// ENOENT is kObjectNameNotFound and EXDEV kNotSameDevice. Unknown ones are kUnsuccessful.
NtStatus FromErrno(int error);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_STATUS_NT_STATUS_H_
