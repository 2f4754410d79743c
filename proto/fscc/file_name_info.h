// File information classes that carry a name or a list. [MS-FSCC] 2.4. Names are UTF-8 here and
// UTF-16LE on the wire; Encode() fails the writer for a name that is not UTF-8.
#ifndef SLUICE_PROTO_FSCC_FILE_NAME_INFO_H_
#define SLUICE_PROTO_FSCC_FILE_NAME_INFO_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "proto/fscc/file_info.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// FileNameInformation (9), FileAlternateNameInformation (21), FileNormalizedNameInformation (48):
// 2.4.32, 2.4.5, 2.4.36 share one layout.
struct FileNameInfo {
  static constexpr size_t kFixedBytes = 4;
  std::string name;

  static bool Decode(absl::Span<const uint8_t> bytes, FileNameInfo* out);
  void Encode(Writer& w) const;
};

// FileAllInformation (18), 2.4.2.
struct FileAllInfo {
  static constexpr size_t kFixedBytes = 100;  // up to the name
  FileBasicInfo basic;
  FileStandardInfo standard;
  FileInternalInfo internal;
  FileEaInfo ea;
  FileAccessInfo access;
  FilePositionInfo position;
  FileModeInfo mode;
  FileAlignmentInfo alignment;
  FileNameInfo name;

  static bool Decode(absl::Span<const uint8_t> bytes, FileAllInfo* out);
  void Encode(Writer& w) const;
};

// FileRenameInformation (10) and FileRenameInformationEx (65) for SMB2, 2.4.43; FileLinkInformation
// (11) for SMB2, 2.4.28.2. The first four bytes are a boolean in 10 and 11 and flags in 65.
struct FileRenameInfo {
  static constexpr size_t kFixedBytes = 20;
  static constexpr uint32_t kReplaceIfExists = 0x01;
  static constexpr uint32_t kPosixSemantics = 0x02;
  static constexpr uint32_t kIgnoreReadOnly = 0x40;
  uint32_t flags = 0;           // for 10 and 11 only kReplaceIfExists
  uint64_t root_directory = 0;  // must be 0 over the network
  std::string name;             // from the share's root, '\\'-separated; or ":stream"

  // `extended` for class 65. A name that is not UTF-16, or of odd length, is refused.
  static bool Decode(absl::Span<const uint8_t> bytes, bool extended, FileRenameInfo* out);
  void Encode(Writer& w, bool extended) const;
};
using FileLinkInfo = FileRenameInfo;

// FileStreamInformation (22), 2.4.49: a list, 8-aligned.
struct FileStreamInfo {
  static constexpr size_t kFixedBytes = 24;
  std::string name;  // "::$DATA", ":name:$DATA"
  uint64_t size = 0;
  uint64_t allocation = 0;
};
// The whole list; an empty list (a directory without streams) is no bytes at all.
bool DecodeStreamList(absl::Span<const uint8_t> bytes, std::vector<FileStreamInfo>* out);
// How many of the streams fit and were written; the rest does not fit.
size_t EncodeStreamList(absl::Span<const FileStreamInfo> streams, Writer& w);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_FILE_NAME_INFO_H_
