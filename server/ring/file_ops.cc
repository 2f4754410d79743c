// The file operations of Loop: each fills in one Sqe.
#include <unistd.h>

#include <cerrno>

#include "server/ring/loop.h"

namespace sluice::ring {
namespace {

Sqe AtPath(OpCode code, int dirfd, const char* path, uint16_t personality) {
  Sqe sqe;
  sqe.code = code;
  sqe.personality = personality;
  sqe.fd = dirfd;
  sqe.address = path;
  return sqe;
}

Sqe AtTwoPaths(OpCode code, int from_dirfd, const char* from, int to_dirfd, const char* to,
               uint32_t flags, uint16_t personality) {
  Sqe sqe = AtPath(code, from_dirfd, from, personality);
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

FileOp Loop::Openat2(int dirfd, const char* path, const open_how& how, uint16_t personality) {
  Sqe sqe = AtPath(OpCode::kOpenat2, dirfd, path, personality);
  sqe.address2 = &how;
  return FileOp(*this, sqe);
}

FileOp Loop::Statx(int dirfd, const char* path, int flags, unsigned mask, struct statx* out,
                   uint16_t personality) {
  Sqe sqe = AtPath(OpCode::kStatx, dirfd, path, personality);
  sqe.flags = static_cast<uint32_t>(flags);
  sqe.mode = mask;
  sqe.address2 = out;
  return FileOp(*this, sqe);
}

FileOp Loop::Read(int fd, absl::Span<uint8_t> out, uint64_t offset) {
  return FileOp(
      *this, Transfer(OpCode::kRead, OpCode::kReadFixed, buffers_.ArenaOf(out.data(), out.size()),
                      fd, out.data(), out.size(), offset));
}

FileOp Loop::Write(int fd, absl::Span<const uint8_t> data, uint64_t offset) {
  return FileOp(*this, Transfer(OpCode::kWrite, OpCode::kWriteFixed,
                                buffers_.ArenaOf(data.data(), data.size()), fd, data.data(),
                                data.size(), offset));
}

FileOp Loop::ReadToPipe(int fd, const Pipe& pipe, size_t bytes, uint64_t offset) {
  Sqe sqe;
  sqe.code = OpCode::kSplice;
  sqe.fd = pipe.in();
  sqe.fd2 = fd;
  sqe.length = bytes;
  sqe.offset = offset;
  return FileOp(*this, sqe);
}

FileOp Loop::Fsync(int fd, bool datasync) {
  Sqe sqe;
  sqe.code = OpCode::kFsync;
  sqe.fd = fd;
  sqe.flags = datasync ? kFsyncDataOnly : 0;
  return FileOp(*this, sqe);
}

Task<int32_t> Loop::Ftruncate(int fd, uint64_t bytes) {
  if (ring_->Supports(OpCode::kFtruncate)) {
    Sqe sqe;
    sqe.code = OpCode::kFtruncate;
    sqe.fd = fd;
    sqe.length = bytes;
    co_return co_await FileOp(*this, sqe);
  }
  auto truncate = [fd, bytes]() -> int32_t {
    return ftruncate(fd, static_cast<off_t>(bytes)) == 0 ? 0 : -errno;
  };
  co_return co_await Offload(nullptr, truncate);
}

FileOp Loop::Fallocate(int fd, int mode, uint64_t offset, uint64_t bytes) {
  Sqe sqe;
  sqe.code = OpCode::kFallocate;
  sqe.fd = fd;
  sqe.mode = static_cast<uint32_t>(mode);
  sqe.offset = offset;
  sqe.length = bytes;
  return FileOp(*this, sqe);
}

FileOp Loop::Unlinkat(int dirfd, const char* path, int flags, uint16_t personality) {
  Sqe sqe = AtPath(OpCode::kUnlinkat, dirfd, path, personality);
  sqe.flags = static_cast<uint32_t>(flags);
  return FileOp(*this, sqe);
}

FileOp Loop::Renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to,
                       unsigned flags, uint16_t personality) {
  return FileOp(*this,
                AtTwoPaths(OpCode::kRenameat2, from_dirfd, from, to_dirfd, to, flags, personality));
}

FileOp Loop::Mkdirat(int dirfd, const char* path, uint32_t mode, uint16_t personality) {
  Sqe sqe = AtPath(OpCode::kMkdirat, dirfd, path, personality);
  sqe.mode = mode;
  return FileOp(*this, sqe);
}

FileOp Loop::Linkat(int from_dirfd, const char* from, int to_dirfd, const char* to, int flags,
                    uint16_t personality) {
  return FileOp(*this, AtTwoPaths(OpCode::kLinkat, from_dirfd, from, to_dirfd, to,
                                  static_cast<uint32_t>(flags), personality));
}

FileOp Loop::Symlinkat(const char* target, int dirfd, const char* path, uint16_t personality) {
  Sqe sqe = AtPath(OpCode::kSymlinkat, dirfd, path, personality);
  sqe.address2 = target;
  return FileOp(*this, sqe);
}

FileOp Loop::Fgetxattr(int fd, const char* name, absl::Span<uint8_t> value) {
  Sqe sqe = AtPath(OpCode::kFgetxattr, fd, name, 0);
  sqe.address2 = value.data();
  sqe.length = value.size();
  return FileOp(*this, sqe);
}

FileOp Loop::Fsetxattr(int fd, const char* name, absl::Span<const uint8_t> value, int flags) {
  Sqe sqe = AtPath(OpCode::kFsetxattr, fd, name, 0);
  sqe.address2 = value.data();
  sqe.length = value.size();
  sqe.flags = static_cast<uint32_t>(flags);
  return FileOp(*this, sqe);
}

void Loop::Close(int fd) {
  Sqe sqe;
  sqe.code = OpCode::kClose;
  sqe.fd = fd;
  Queue(sqe, nullptr);
}

}  // namespace sluice::ring
