#include "server/service/privileges.h"

#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"

namespace sluice::service {
namespace {

constexpr uint64_t Bit(int capability) { return uint64_t{1} << capability; }

constexpr uint64_t kKept = Bit(CAP_SETUID) | Bit(CAP_SETGID) | Bit(CAP_DAC_OVERRIDE) |
                           Bit(CAP_DAC_READ_SEARCH) | Bit(CAP_FOWNER) | Bit(CAP_CHOWN) |
                           Bit(CAP_FSETID);

absl::Status Failed(absl::string_view what) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot give up privileges: ", what));
}

using CapabilityData = std::array<__user_cap_data_struct, 2>;

uint64_t Join(uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; }

void Mask(CapabilityData* data, uint64_t kept) {
  for (size_t word = 0; word < data->size(); ++word) {
    const auto mask = static_cast<uint32_t>(kept >> (32 * word));
    (*data)[word].effective &= mask;
    (*data)[word].permitted &= mask;
    (*data)[word].inheritable = 0;
  }
}

// The groups of calls that a file server never makes. Some of them need a capability that is gone
// anyway; they are also large pieces of kernel that nobody has to reach from here.
constexpr const char* kForbidden[] = {
    // Programs.
    "execve",
    "execveat",
    "uselib",
// Others' memory and state.
#ifndef __SANITIZE_ADDRESS__  // whose search for leaks at the exit stops the threads so
    "ptrace",
#endif
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "pidfd_getfd",
    "perf_event_open",
    // The file system's shape.
    "mount",
    "umount",
    "umount2",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "open_tree",
    "open_by_handle_at",
    "mount_setattr",
    "pivot_root",
    "chroot",
    "swapon",
    "swapoff",
    "quotactl",
    // Namespaces.
    "setns",
    // The kernel.
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "bpf",
    "reboot",
    "syslog",
    "acct",
    "iopl",
    "ioperm",
    "modify_ldt",
    "vm86",
    "vm86old",
    "lookup_dcookie",
    "nfsservctl",
    "userfaultfd",
    "seccomp",
    // The machine's name and time.
    "sethostname",
    "setdomainname",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "stime",
    "vhangup",
    // Keys of the kernel's own.
    "add_key",
    "request_key",
    "keyctl",
    // Devices.
    "mknod",
    "mknodat",
};

}  // namespace

absl::Status DropPrivileges() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilityData data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return Failed("capget");
  const uint64_t effective = Join(data[0].effective, data[1].effective);
  if ((effective & Bit(CAP_SETPCAP)) != 0) {
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
      if ((kKept & Bit(capability)) != 0) continue;
      if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return Failed("bounding set");
    }
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return Failed("ambient set");
  Mask(&data, kKept);
  if (syscall(SYS_capset, &header, data.data()) != 0) return Failed("capset");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("no_new_privs");
  return absl::OkStatus();
}

absl::Status FilterSystemCalls() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                &seccomp_release);
  if (filter == nullptr) return absl::InternalError("cannot make a system call filter");
  for (const char* name : kForbidden) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) {
      return absl::InternalError(absl::StrCat("no system call is named ", name));
    }
    // Calls that this architecture does not have get numbers that cannot be called.
    const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), number, 0);
    if (error != 0 && error != -EDOM) {
      return absl::ErrnoToStatus(-error, absl::StrCat("cannot forbid ", name));
    }
  }
  // A new user namespace is refused, a new thread is not: clone3 keeps its flags where no filter
  // can look, and libraries use clone where there is none.
  int error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
  if (error == 0) {
    error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  }
  // A thread may have a working directory of its own, and no new namespace.
  if (error == 0) {
    error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1,
                             SCMP_A0(SCMP_CMP_NE, CLONE_FS));
  }
  if (error != 0) return absl::ErrnoToStatus(-error, "cannot forbid new namespaces");
  error = seccomp_load(filter.get());
  if (error != 0) return absl::ErrnoToStatus(-error, "cannot filter system calls");
  return absl::OkStatus();
}

}  // namespace sluice::service
