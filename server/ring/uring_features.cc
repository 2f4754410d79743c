#include "server/ring/uring_features.h"

#include <liburing.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace sluice::ring {
namespace {

// Newer than the liburing we build with.
constexpr uint8_t kOpFtruncate = 55;

constexpr OpRow kOpRows[] = {
    {OpCode::kNop, IORING_OP_NOP, "NOP", "5.1", true},
    {OpCode::kRead, IORING_OP_READ, "READ", "5.6", true},
    {OpCode::kWrite, IORING_OP_WRITE, "WRITE", "5.6", true},
    {OpCode::kReadFixed, IORING_OP_READ_FIXED, "READ_FIXED", "5.1", true},
    {OpCode::kWriteFixed, IORING_OP_WRITE_FIXED, "WRITE_FIXED", "5.1", true},
    {OpCode::kFsync, IORING_OP_FSYNC, "FSYNC", "5.1", true},
    {OpCode::kFtruncate, kOpFtruncate, "FTRUNCATE", "6.9", false},
    {OpCode::kFallocate, IORING_OP_FALLOCATE, "FALLOCATE", "5.6", true},
    {OpCode::kOpenat2, IORING_OP_OPENAT2, "OPENAT2", "5.6", true},
    {OpCode::kStatx, IORING_OP_STATX, "STATX", "5.6", true},
    {OpCode::kUnlinkat, IORING_OP_UNLINKAT, "UNLINKAT", "5.11", true},
    {OpCode::kRenameat2, IORING_OP_RENAMEAT, "RENAMEAT", "5.11", true},
    {OpCode::kMkdirat, IORING_OP_MKDIRAT, "MKDIRAT", "5.15", true},
    {OpCode::kLinkat, IORING_OP_LINKAT, "LINKAT", "5.15", true},
    {OpCode::kSymlinkat, IORING_OP_SYMLINKAT, "SYMLINKAT", "5.15", true},
    {OpCode::kFgetxattr, IORING_OP_FGETXATTR, "FGETXATTR", "5.19", true},
    {OpCode::kFsetxattr, IORING_OP_FSETXATTR, "FSETXATTR", "5.19", true},
    {OpCode::kClose, IORING_OP_CLOSE, "CLOSE", "5.6", true},
    {OpCode::kAcceptMultishot, IORING_OP_ACCEPT, "ACCEPT", "5.19 (multishot)", true},
    {OpCode::kReceive, IORING_OP_RECV, "RECV", "5.6", true},
    {OpCode::kReceiveMultishot, IORING_OP_RECV, "RECV", "6.0 (multishot)", true},
    {OpCode::kSend, IORING_OP_SEND, "SEND", "5.6", true},
    {OpCode::kSendMessage, IORING_OP_SENDMSG, "SENDMSG", "5.3", true},
    {OpCode::kSplice, IORING_OP_SPLICE, "SPLICE", "5.7", true},
    {OpCode::kPollWritable, IORING_OP_POLL_ADD, "POLL_ADD", "5.1", true},
    {OpCode::kShutdown, IORING_OP_SHUTDOWN, "SHUTDOWN", "5.11", true},
    {OpCode::kCancelOp, IORING_OP_ASYNC_CANCEL, "ASYNC_CANCEL", "5.5", true},
    {OpCode::kCancelFd, IORING_OP_ASYNC_CANCEL, "ASYNC_CANCEL", "5.19 (by descriptor)", true},
    {OpCode::kCancelAll, IORING_OP_ASYNC_CANCEL, "ASYNC_CANCEL", "5.19 (any)", true},
    {OpCode::kWakeRing, IORING_OP_MSG_RING, "MSG_RING", "5.18", true},
};

constexpr FeatureRow kFeatureRows[] = {
    {IORING_FEAT_NODROP, "NODROP (completions are never lost)", "5.5"},
    {IORING_FEAT_SUBMIT_STABLE, "SUBMIT_STABLE (arguments are read at submission)", "5.5"},
    {IORING_FEAT_FAST_POLL, "FAST_POLL (sockets wait without a thread)", "5.7"},
    {IORING_FEAT_EXT_ARG, "EXT_ARG (a timeout in io_uring_enter)", "5.11"},
    {IORING_FEAT_NATIVE_WORKERS, "NATIVE_WORKERS", "5.12"},
    {IORING_FEAT_CQE_SKIP, "CQE_SKIP (no completion where nobody waits)", "5.17"},
};

std::string KernelVersion() {
  utsname name{};
  return uname(&name) == 0 ? name.release : "unknown";
}

absl::Status Missing(absl::string_view what, absl::string_view since) {
  return absl::FailedPreconditionError(absl::StrCat("io_uring: this kernel (", KernelVersion(),
                                                    ") lacks ", what, ", which Linux has since ",
                                                    since, "; run a kernel from 6.1 on"));
}

// The value of kernel.io_uring_disabled, or -1 where the kernel does not have it.
int DisabledSysctl() {
  std::FILE* file = std::fopen("/proc/sys/kernel/io_uring_disabled", "re");
  if (file == nullptr) return -1;
  int value = -1;
  if (std::fscanf(file, "%d", &value) != 1) value = -1;
  std::fclose(file);
  return value;
}

}  // namespace

absl::Span<const OpRow> OpRows() { return kOpRows; }

absl::Span<const FeatureRow> FeatureRows() { return kFeatureRows; }

absl::Status ExplainSetupFailure(int error) {
  switch (error) {
    case ENOSYS:
      return absl::FailedPreconditionError(
          "io_uring: this kernel was built without it (CONFIG_IO_URING), or a container's seccomp "
          "profile hides it; allow io_uring_setup, io_uring_enter and io_uring_register");
    case EPERM: {
      const int disabled = DisabledSysctl();
      if (disabled > 0) {
        return absl::FailedPreconditionError(
            absl::StrCat("io_uring: forbidden by kernel.io_uring_disabled = ", disabled,
                         "; run: sysctl -w kernel.io_uring_disabled=0",
                         disabled == 1 ? " (or run as root, or put the user into the group of "
                                         "kernel.io_uring_group)"
                                       : ""));
      }
      return absl::FailedPreconditionError(
          "io_uring: forbidden, probably by a container's seccomp profile; allow io_uring_setup, "
          "io_uring_enter and io_uring_register");
    }
    case ENOMEM: {
      rlimit limit{};
      getrlimit(RLIMIT_MEMLOCK, &limit);
      return absl::ResourceExhaustedError(
          absl::StrCat("io_uring: no memory for the rings; RLIMIT_MEMLOCK is ", limit.rlim_cur,
                       " bytes: raise it (ulimit -l, LimitMEMLOCK= in a systemd unit)"));
    }
    case EMFILE:
    case ENFILE:
      return absl::ResourceExhaustedError(
          "io_uring: no descriptor left for the ring; raise RLIMIT_NOFILE (ulimit -n, LimitNOFILE= "
          "in a systemd unit) or fs.file-max");
    case EINVAL:
      return Missing("IORING_SETUP_DEFER_TASKRUN", "6.1");
    default:
      return absl::InternalError(absl::StrCat("io_uring_setup: ", std::strerror(error)));
  }
}

absl::Status ExplainBufferRingFailure(int error) {
  if (error == EINVAL) return Missing("IORING_REGISTER_PBUF_RING", "5.19");
  return absl::ResourceExhaustedError(
      absl::StrCat("io_uring: no provided buffers: ", std::strerror(error)));
}

absl::Status CheckFeatures(uint32_t features, absl::Span<const bool> supported) {
  for (const FeatureRow& row : kFeatureRows) {
    if ((features & row.bit) == 0) {
      return Missing(absl::StrCat("the feature ", row.name), row.since);
    }
  }
  for (const OpRow& row : kOpRows) {
    if (!row.required) continue;
    if (row.opcode >= supported.size() || !supported[row.opcode]) {
      return Missing(absl::StrCat("the operation ", row.name), row.since);
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::ring
