// One function per SMB2 command that the workloads use: encode, wait, decode. All give the server's
// NTSTATUS; kInvalidNetworkResponse where its answer does not decode.
#ifndef SLUICE_BENCHMARKS_LOAD_CLIENT_OPERATIONS_H_
#define SLUICE_BENCHMARKS_LOAD_CLIENT_OPERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "benchmarks/load/client/client.h"
#include "proto/smb2/create.h"
#include "proto/smb2/file_id.h"
#include "proto/smb2/lock.h"
#include "proto/status/nt_status.h"
#include "server/ring/task.h"

namespace sluice::bench {

// What a server can get wrong with a status of success. Values of ours in NTSTATUS's customer
// space.
inline constexpr proto::NtStatus kWrongContents{0xE0510001};
inline constexpr proto::NtStatus kWrongLength{0xE0510002};
inline constexpr proto::NtStatus kWrongListing{0xE0510003};

// A name relative to the share, '\\'-separated, as it goes over the wire; no allocation.
class WireName {
 public:
  static constexpr size_t kBytesMax = 512;

  // Too long a name, or one that is not UTF-8, becomes empty, which Open() refuses.
  explicit WireName(absl::string_view utf8);
  absl::Span<const uint8_t> span() const { return {bytes_, size_}; }

 private:
  uint8_t bytes_[kBytesMax];
  size_t size_ = 0;
};

namespace access {
inline constexpr uint32_t kReadData = 0x00000001;
inline constexpr uint32_t kWriteData = 0x00000002;
inline constexpr uint32_t kReadAttributes = 0x00000080;
inline constexpr uint32_t kDelete = 0x00010000;
inline constexpr uint32_t kSynchronize = 0x00100000;
inline constexpr uint32_t kList = kReadData | kReadAttributes | kSynchronize;
}  // namespace access

struct OpenHow {
  uint32_t access = access::kReadData | access::kReadAttributes;
  uint32_t disposition = proto::kDispositionOpen;
  uint32_t options = 0;
};

// `*size`, if asked for, is the file's end. Shared with everybody. Without a name it is
// kObjectNameInvalid: the share's root would be opened, which is other work.
ring::Task<proto::NtStatus> Open(Client& client, absl::Span<const uint8_t> name, OpenHow how,
                                 proto::FileId* id, uint64_t* size = nullptr);
ring::Task<proto::NtStatus> Close(Client& client, proto::FileId id);
// Opens with delete-on-close and closes.
ring::Task<proto::NtStatus> Remove(Client& client, absl::Span<const uint8_t> name,
                                   uint32_t options = 0);

// Looks at what was read, on the loop; false for wrong contents.
class ReadCheck {
 public:
  virtual bool RightContents(uint64_t file, uint64_t offset, absl::Span<const uint8_t> data) = 0;

 protected:
  ~ReadCheck() = default;
};
// All of `bytes`, else kWrongLength. With a `check` its verdict, as kWrongContents.
ring::Task<proto::NtStatus> Read(Client& client, proto::FileId id, uint64_t offset, uint32_t bytes,
                                 ReadCheck* check, uint64_t file);

// Makes what is written, in the request's buffer.
class WriteSource {
 public:
  virtual void Fill(uint64_t file, uint64_t offset, absl::Span<uint8_t> out) = 0;

 protected:
  ~WriteSource() = default;
};
ring::Task<proto::NtStatus> Write(Client& client, proto::FileId id, uint64_t offset, uint32_t bytes,
                                  WriteSource& source, uint64_t file);

// Lists the whole of an open directory; counts all entries, "." and ".." too.
ring::Task<proto::NtStatus> List(Client& client, proto::FileId id, uint64_t* entries,
                                 uint64_t* bytes);
// FileNetworkOpenInformation.
ring::Task<proto::NtStatus> QueryInfo(Client& client, proto::FileId id, uint64_t* size);
ring::Task<proto::NtStatus> Rename(Client& client, proto::FileId id, absl::string_view to);
ring::Task<proto::NtStatus> Lock(Client& client, proto::FileId id, proto::LockElement element);
ring::Task<proto::NtStatus> Echo(Client& client);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_CLIENT_OPERATIONS_H_
