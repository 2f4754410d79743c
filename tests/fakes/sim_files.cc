// The file operations of a SimRing, by the system calls of the same name.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/ring/credentials.h"
#include "tests/fakes/sim_ring.h"

namespace sluice::fakes {
namespace {

template <typename T>
T* Out(const void* pointer) {
  return const_cast<T*>(static_cast<const T*>(pointer));
}

int64_t Call(const ring::Sqe& sqe) {
  const char* path = static_cast<const char*>(sqe.address);
  const char* path2 = static_cast<const char*>(sqe.address2);
  const int flags = static_cast<int>(sqe.flags);
  switch (sqe.code) {
    case ring::OpCode::kNop:
      return 0;
    case ring::OpCode::kRead:
    case ring::OpCode::kReadFixed:
      return pread(sqe.fd, Out<uint8_t>(sqe.address), sqe.length, static_cast<off_t>(sqe.offset));
    case ring::OpCode::kWrite:
    case ring::OpCode::kWriteFixed:
      return pwrite(sqe.fd, sqe.address, sqe.length, static_cast<off_t>(sqe.offset));
    case ring::OpCode::kSplice: {
      auto offset = static_cast<loff_t>(sqe.offset);
      return splice(sqe.fd2, sqe.offset == ring::kNoOffset ? nullptr : &offset, sqe.fd, nullptr,
                    sqe.length, 0);
    }
    case ring::OpCode::kFsync:
      return (sqe.flags & ring::kFsyncDataOnly) != 0 ? fdatasync(sqe.fd) : fsync(sqe.fd);
    case ring::OpCode::kFtruncate:
      return ftruncate(sqe.fd, static_cast<off_t>(sqe.length));
    case ring::OpCode::kFallocate:
      return fallocate(sqe.fd, static_cast<int>(sqe.mode), static_cast<off_t>(sqe.offset),
                       static_cast<off_t>(sqe.length));
    case ring::OpCode::kOpenat2:
      return syscall(SYS_openat2, sqe.fd, path, sqe.address2, sizeof(open_how));
    case ring::OpCode::kStatx:
      return statx(sqe.fd, path, flags, sqe.mode, Out<struct statx>(sqe.address2));
    case ring::OpCode::kUnlinkat:
      return unlinkat(sqe.fd, path, flags);
    case ring::OpCode::kRenameat2:
      return renameat2(sqe.fd, path, sqe.fd2, path2, sqe.flags);
    case ring::OpCode::kMkdirat:
      return mkdirat(sqe.fd, path, sqe.mode);
    case ring::OpCode::kLinkat:
      return linkat(sqe.fd, path, sqe.fd2, path2, flags);
    case ring::OpCode::kSymlinkat:
      return symlinkat(path2, sqe.fd, path);
    case ring::OpCode::kFgetxattr:
      return fgetxattr(sqe.fd, path, Out<uint8_t>(sqe.address2), sqe.length);
    case ring::OpCode::kFsetxattr:
      return fsetxattr(sqe.fd, path, sqe.address2, sqe.length, flags);
    default:
      errno = EOPNOTSUPP;
      return -1;
  }
}

}  // namespace

int SimRing::RegisterPersonality() {
  base::Identity who;
  who.uid = geteuid();
  who.gid = getegid();
  who.groups.resize(static_cast<size_t>(std::max(0, getgroups(0, nullptr))));
  if (getgroups(static_cast<int>(who.groups.size()), who.groups.data()) < 0) return -errno;
  do {
    ++last_personality_;
  } while (last_personality_ == 0 || personalities_.count(last_personality_) != 0);
  personalities_[last_personality_] = std::move(who);
  return last_personality_;
}

void SimRing::UnregisterPersonality(uint16_t personality) {
  if (personalities_.erase(personality) == 0) {
    violations_.push_back(absl::StrCat("personality ", personality, " is not registered"));
  }
}

int64_t SimRing::DoFileOperation(const ring::Sqe& sqe) {
  const auto who = personalities_.find(sqe.personality);
  if (sqe.personality != 0 && who == personalities_.end()) {
    violations_.push_back(
        absl::StrCat("an operation runs with personality ", sqe.personality, ", which is gone"));
    return -EINVAL;
  }
  const ring::ScopedCredentials credentials(sqe.personality == 0 ? nullptr : &who->second);
  if (credentials.error() != 0) return credentials.error();
  const int64_t result = Call(sqe);
  return result < 0 ? -errno : result;
}

}  // namespace sluice::fakes
