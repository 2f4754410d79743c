// The handle of an open [MS-SMB2] 2.2.14.1.
#ifndef SLUICE_PROTO_SMB2_FILE_ID_H_
#define SLUICE_PROTO_SMB2_FILE_ID_H_

#include <cstddef>
#include <cstdint>

#include "proto/wire/reader.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr size_t kFileIdBytes = 16;

struct FileId {
  uint64_t persistent = 0;
  uint64_t volatile_id = 0;

  static FileId Read(Reader& r) {
    FileId id;
    id.persistent = r.U64();
    id.volatile_id = r.U64();
    return id;
  }
  void Write(Writer& w) const {
    w.U64(persistent);
    w.U64(volatile_id);
  }
  bool operator==(const FileId& other) const {
    return persistent == other.persistent && volatile_id == other.volatile_id;
  }
  bool operator!=(const FileId& other) const { return !(*this == other); }
};

// In a related command: the open of the command before; also "no file" in an IOCTL.
inline constexpr FileId kAnyFileId{UINT64_MAX, UINT64_MAX};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_FILE_ID_H_
