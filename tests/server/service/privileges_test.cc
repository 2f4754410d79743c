#include "server/service/privileges.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

namespace sluice::service {
namespace {

// Runs `check` in a child, which gives up its privileges for good; the child's exit code is 0
// where `check` gives true.
bool InChild(const std::function<bool()>& check) {
  const pid_t child = fork();
  if (child == 0) _exit(check() ? 0 : 1);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool Drop() { return DropPrivileges().ok() && FilterSystemCalls().ok(); }

uint64_t Permitted() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  syscall(SYS_capget, &header, data);
  return uint64_t{data[1].permitted} << 32 | data[0].permitted;
}

TEST(PrivilegesTest, KeepsNoCapabilityThatServingFilesDoesNotTake) {
  EXPECT_TRUE(InChild([] {
    if (!Drop()) return false;
    for (int capability : {CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_NET_BIND_SERVICE, CAP_SYS_MODULE,
                           CAP_NET_ADMIN, CAP_KILL, CAP_MKNOD}) {
      if ((Permitted() >> capability & 1) != 0) return false;
    }
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  }));
}

TEST(PrivilegesTest, KeepsWhatBecomingAUserTakes) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_TRUE(InChild([] {
    return Drop() && (Permitted() >> CAP_SETUID & 1) != 0 && setresuid(-1, 65534, -1) == 0 &&
           setresuid(-1, 0, -1) == 0;
  }));
}

TEST(PrivilegesTest, NothingCanBeExecuted) {
  EXPECT_TRUE(InChild([] {
    if (!Drop()) return false;
    execl("/bin/true", "true", nullptr);
    return errno == EPERM;
  }));
}

TEST(PrivilegesTest, NeitherMountsNorNamespacesNorTracing) {
  EXPECT_TRUE(InChild([] {
    if (!Drop()) return false;
    errno = 0;
    const bool no_mount = mount("none", "/mnt", "tmpfs", 0, nullptr) != 0 && errno == EPERM;
    errno = 0;
    const bool no_namespace = unshare(CLONE_NEWUSER) != 0 && errno == EPERM;
    errno = 0;
    const bool no_tracing = syscall(SYS_ptrace, 0, 0, 0, 0) != 0 && errno == EPERM;
    return no_mount && no_namespace && no_tracing;
  }));
}

// What the storage backend's threads do.
TEST(PrivilegesTest, AThreadMayHaveAWorkingDirectoryOfItsOwn) {
  EXPECT_TRUE(InChild([] { return Drop() && unshare(CLONE_FS) == 0; }));
}

TEST(PrivilegesTest, AThreadsWorkingDirectoryBringsNoNamespace) {
  EXPECT_TRUE(
      InChild([] { return Drop() && unshare(CLONE_FS | CLONE_NEWNS) != 0 && errno == EPERM; }));
}

TEST(PrivilegesTest, ThreadsToComeAreFilteredToo) {
  EXPECT_TRUE(InChild([] {
    if (!Drop()) return false;
    bool refused = false;
    std::thread([&refused] {
      execl("/bin/true", "true", nullptr);
      refused = errno == EPERM;
    }).join();
    return refused;
  }));
}

}  // namespace
}  // namespace sluice::service
