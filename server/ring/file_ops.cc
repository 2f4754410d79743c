// The file operations of Loop: each fills in one Sqe.
#include <unistd.h>

#include <cerrno>

#include "server/ring/loop.h"

namespace sluice::ring {
namespace {

Sqe AtPath(OpCode code, int dirfd, const char* path) {
  Sqe sqe;
  sqe.code = code;
  sqe.fd = dirfd;
  sqe.address = path;
  return sqe;
}

Sqe AtTwoPaths(OpCode code, int from_dirfd, const char* from, int to_dirfd, const char* to,
               uint32_t flags) {
  Sqe sqe = AtPath(code, from_dirfd, from);
  sqe.fd2 = to_dirfd;
  sqe.address2 = to;
  sqe.flags = flags;
  return sqe;
}

Sqe Transfer(OpCode plain, OpCode fixed, uint16_t arena, int fd, const void* data, size_t bytes,
             uint64_t offset) {
  Sqe sqe;
  sqe.code = arena == BufferPool::kNoArena ? plain : fixed;
  sqe.buffer = arena == BufferPool::kNoArena ? 0 : arena;
  sqe.fd = fd;
  sqe.address = data;
  sqe.length = bytes;
  sqe.offset = offset;
  return sqe;
}

}  // namespace

FileOp Loop::Openat2(int dirfd, const char* path, const open_how& how, const base::Identity* who) {
  Sqe sqe = AtPath(OpCode::kOpenat2, dirfd, path);
  sqe.address2 = &how;
  return FileOp(*this, sqe, who);
}

FileOp Loop::Statx(int dirfd, const char* path, int flags, unsigned mask, struct statx* out,
                   const base::Identity* who) {
  Sqe sqe = AtPath(OpCode::kStatx, dirfd, path);
  sqe.flags = static_cast<uint32_t>(flags);
  sqe.mode = mask;
  sqe.address2 = out;
  return FileOp(*this, sqe, who);
}

FileOp Loop::Read(int fd, absl::Span<uint8_t> out, uint64_t offset, const base::Identity* who) {
  const uint16_t arena = buffers_.ArenaOf(out.data(), out.size());
  return FileOp(
      *this, Transfer(OpCode::kRead, OpCode::kReadFixed, arena, fd, out.data(), out.size(), offset),
      who);
}

FileOp Loop::Write(int fd, absl::Span<const uint8_t> data, uint64_t offset,
                   const base::Identity* who) {
  const uint16_t arena = buffers_.ArenaOf(data.data(), data.size());
  return FileOp(
      *this,
      Transfer(OpCode::kWrite, OpCode::kWriteFixed, arena, fd, data.data(), data.size(), offset),
      who);
}

FileOp Loop::ReadToPipe(int fd, const Pipe& pipe, size_t bytes, uint64_t offset,
                        const base::Identity* who) {
  Sqe sqe;
  sqe.code = OpCode::kSplice;
  sqe.fd = pipe.in();
  sqe.fd2 = fd;
  sqe.length = bytes;
  sqe.offset = offset;
  return FileOp(*this, sqe, who);
}

FileOp Loop::Fsync(int fd, bool datasync, const base::Identity* who) {
  Sqe sqe;
  sqe.code = OpCode::kFsync;
  sqe.fd = fd;
  sqe.flags = datasync ? kFsyncDataOnly : 0;
  return FileOp(*this, sqe, who);
}

Task<int32_t> Loop::Ftruncate(int fd, uint64_t bytes, const base::Identity* who) {
  if (ring_->Supports(OpCode::kFtruncate)) {
    Sqe sqe;
    sqe.code = OpCode::kFtruncate;
    sqe.fd = fd;
    sqe.length = bytes;
    co_return co_await FileOp(*this, sqe, who);
  }
  auto truncate = [fd, bytes]() -> int32_t {
    return ftruncate(fd, static_cast<off_t>(bytes)) == 0 ? 0 : -errno;
  };
  co_return co_await Offload(who, truncate);
}

FileOp Loop::Fallocate(int fd, int mode, uint64_t offset, uint64_t bytes,
                       const base::Identity* who) {
  Sqe sqe;
  sqe.code = OpCode::kFallocate;
  sqe.fd = fd;
  sqe.mode = static_cast<uint32_t>(mode);
  sqe.offset = offset;
  sqe.length = bytes;
  return FileOp(*this, sqe, who);
}

FileOp Loop::Unlinkat(int dirfd, const char* path, int flags, const base::Identity* who) {
  Sqe sqe = AtPath(OpCode::kUnlinkat, dirfd, path);
  sqe.flags = static_cast<uint32_t>(flags);
  return FileOp(*this, sqe, who);
}

FileOp Loop::Renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to,
                       unsigned flags, const base::Identity* who) {
  return FileOp(*this, AtTwoPaths(OpCode::kRenameat2, from_dirfd, from, to_dirfd, to, flags), who);
}

FileOp Loop::Mkdirat(int dirfd, const char* path, uint32_t mode, const base::Identity* who) {
  Sqe sqe = AtPath(OpCode::kMkdirat, dirfd, path);
  sqe.mode = mode;
  return FileOp(*this, sqe, who);
}

FileOp Loop::Linkat(int from_dirfd, const char* from, int to_dirfd, const char* to, int flags,
                    const base::Identity* who) {
  return FileOp(
      *this,
      AtTwoPaths(OpCode::kLinkat, from_dirfd, from, to_dirfd, to, static_cast<uint32_t>(flags)),
      who);
}

FileOp Loop::Symlinkat(const char* target, int dirfd, const char* path, const base::Identity* who) {
  Sqe sqe = AtPath(OpCode::kSymlinkat, dirfd, path);
  sqe.address2 = target;
  return FileOp(*this, sqe, who);
}

FileOp Loop::Fgetxattr(int fd, const char* name, absl::Span<uint8_t> value) {
  Sqe sqe = AtPath(OpCode::kFgetxattr, fd, name);
  sqe.address2 = value.data();
  sqe.length = value.size();
  return FileOp(*this, sqe, nullptr);
}

FileOp Loop::Fsetxattr(int fd, const char* name, absl::Span<const uint8_t> value, int flags) {
  Sqe sqe = AtPath(OpCode::kFsetxattr, fd, name);
  sqe.address2 = value.data();
  sqe.length = value.size();
  sqe.flags = static_cast<uint32_t>(flags);
  return FileOp(*this, sqe, nullptr);
}

void Loop::Close(int fd) {
  Sqe sqe;
  sqe.code = OpCode::kClose;
  sqe.fd = fd;
  Queue(sqe, nullptr);
}

}  // namespace sluice::ring
