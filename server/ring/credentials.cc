#include "server/ring/credentials.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace sluice::ring {
namespace {

constexpr uint32_t kUnchanged = ~uint32_t{0};

int SetGroups(const std::vector<gid_t>& groups) {
  return syscall(SYS_setgroups, groups.size(), groups.data()) == 0 ? 0 : -errno;
}

int SetGid(uint32_t gid) {
  return syscall(SYS_setresgid, kUnchanged, gid, kUnchanged) == 0 ? 0 : -errno;
}

int SetUid(uint32_t uid) {
  return syscall(SYS_setresuid, kUnchanged, uid, kUnchanged) == 0 ? 0 : -errno;
}

using CapabilityData = std::array<__user_cap_data_struct, 2>;

CapabilityData GetCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilityData data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) data = {};
  return data;
}

// Of the calling thread.
int SetCapabilities(const CapabilityData& data) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &header, data.data()) == 0 ? 0 : -errno;
}

// What the process itself runs with, taken before any thread acts for somebody else.
struct Own {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  std::vector<gid_t> groups;
  CapabilityData capabilities = GetCapabilities();

  // Root's capabilities go with its uid by themselves. A service user's, which it has as ambient
  // capabilities, stay with whoever it becomes and must be taken off.
  bool keeps_capabilities() const { return uid != 0; }
  bool can_change() const {
    constexpr uint32_t kNeeded = 1u << CAP_SETUID | 1u << CAP_SETGID;
    return (capabilities[0].effective & kNeeded) == kNeeded;
  }

  Own() {
    const int count = getgroups(0, nullptr);
    if (count > 0) {
      groups.resize(static_cast<size_t>(count));
      if (getgroups(count, groups.data()) != count) groups.clear();
    }
  }
};

const Own& OwnCredentials() {
  static const Own own;
  return own;
}

}  // namespace

bool CanChangeCredentials() { return OwnCredentials().can_change(); }

ScopedCredentials::ScopedCredentials(const base::Identity* who) {
  if (who == nullptr || !CanChangeCredentials()) return;
  // These values mean "leave as it is" to the kernel: the work would run as root.
  if (who->uid == kUnchanged || who->gid == kUnchanged) {
    error_ = -EINVAL;
    return;
  }
  changed_ = true;
  // Who leaves uid 0, on the way back, would lose for ever what it may become others by.
  if (OwnCredentials().keeps_capabilities()) prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  // The user last: giving up root takes away the right to do the rest.
  error_ = SetGroups(who->groups);
  if (error_ == 0) error_ = SetGid(who->gid);
  if (error_ == 0) error_ = SetUid(who->uid);
  if (error_ == 0 && OwnCredentials().keeps_capabilities()) {
    CapabilityData none = OwnCredentials().capabilities;
    for (__user_cap_data_struct& word : none) word.effective = 0;
    error_ = SetCapabilities(none);
  }
  if (error_ != 0) Restore();
}

ScopedCredentials::~ScopedCredentials() {
  if (changed_) Restore();
}

void ScopedCredentials::Restore() {
  const Own& own = OwnCredentials();
  const bool capable = own.keeps_capabilities();
  // Becoming a user takes the right to; leaving uid 0 takes it away once more.
  if ((capable && SetCapabilities(own.capabilities) != 0) || SetUid(own.uid) != 0 ||
      (capable && SetCapabilities(own.capabilities) != 0) || SetGid(own.gid) != 0 ||
      SetGroups(own.groups) != 0) {
    std::fputs("sluice: a thread cannot go back to the process's credentials\n", stderr);
    std::abort();
  }
  changed_ = false;
}

}  // namespace sluice::ring
