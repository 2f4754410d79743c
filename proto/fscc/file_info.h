// File information classes of a fixed size, queried and set. [MS-FSCC] 2.4. Names and lists are in
// file_name_info.h.
//
// Encode() appends exactly kBytes to the writer. Decode() wants at least kBytes and ignores what
// follows, as Windows does. Times are FILETIME; see filetime.h for their special values.
#ifndef SLUICE_PROTO_FSCC_FILE_INFO_H_
#define SLUICE_PROTO_FSCC_FILE_INFO_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// FileBasicInformation (4), 2.4.7.
struct FileBasicInfo {
  static constexpr size_t kBytes = 40;
  uint64_t created = 0;
  uint64_t accessed = 0;
  uint64_t written = 0;
  uint64_t changed = 0;
  uint32_t attributes = 0;  // in a request 0 means: leave them

  static bool Decode(absl::Span<const uint8_t> bytes, FileBasicInfo* out);
  void Encode(Writer& w) const;
};

// FileStandardInformation (5), 2.4.47.
struct FileStandardInfo {
  static constexpr size_t kBytes = 24;
  uint64_t allocation = 0;
  uint64_t end_of_file = 0;
  uint32_t links = 0;
  bool delete_pending = false;
  bool directory = false;

  static bool Decode(absl::Span<const uint8_t> bytes, FileStandardInfo* out);
  void Encode(Writer& w) const;
};

// FileInternalInformation (6), 2.4.27.
struct FileInternalInfo {
  static constexpr size_t kBytes = 8;
  uint64_t index_number = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileInternalInfo* out);
  void Encode(Writer& w) const;
};

// FileEaInformation (7), 2.4.13.
struct FileEaInfo {
  static constexpr size_t kBytes = 4;
  uint32_t ea_size = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileEaInfo* out);
  void Encode(Writer& w) const;
};

// FileAccessInformation (8), 2.4.1.
struct FileAccessInfo {
  static constexpr size_t kBytes = 4;
  uint32_t access = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileAccessInfo* out);
  void Encode(Writer& w) const;
};

// FilePositionInformation (14), 2.4.40.
struct FilePositionInfo {
  static constexpr size_t kBytes = 8;
  uint64_t position = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FilePositionInfo* out);
  void Encode(Writer& w) const;
};

// FileModeInformation (16), 2.4.31. Bits are those of the create options.
struct FileModeInfo {
  static constexpr size_t kBytes = 4;
  static constexpr uint32_t kValid = 0x0000103E;
  uint32_t mode = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileModeInfo* out);
  void Encode(Writer& w) const;
};

// FileAlignmentInformation (17), 2.4.3. 0 is byte alignment.
struct FileAlignmentInfo {
  static constexpr size_t kBytes = 4;
  uint32_t alignment = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileAlignmentInfo* out);
  void Encode(Writer& w) const;
};

// FileAllocationInformation (19), 2.4.4.
struct FileAllocationInfo {
  static constexpr size_t kBytes = 8;
  uint64_t allocation = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileAllocationInfo* out);
  void Encode(Writer& w) const;
};

// FileEndOfFileInformation (20), 2.4.14.
struct FileEndOfFileInfo {
  static constexpr size_t kBytes = 8;
  uint64_t end_of_file = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileEndOfFileInfo* out);
  void Encode(Writer& w) const;
};

// FileValidDataLengthInformation (39), 2.4.50.
struct FileValidDataLengthInfo {
  static constexpr size_t kBytes = 8;
  uint64_t valid_data_length = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileValidDataLengthInfo* out);
  void Encode(Writer& w) const;
};

// FileDispositionInformation (13), 2.4.11.
struct FileDispositionInfo {
  static constexpr size_t kBytes = 1;
  bool delete_pending = false;

  static bool Decode(absl::Span<const uint8_t> bytes, FileDispositionInfo* out);
  void Encode(Writer& w) const;
};

// FileDispositionInformationEx (64), 2.4.12.
struct FileDispositionExInfo {
  static constexpr size_t kBytes = 4;
  static constexpr uint32_t kDelete = 0x01;
  static constexpr uint32_t kPosixSemantics = 0x02;
  static constexpr uint32_t kForceImageSectionCheck = 0x04;
  static constexpr uint32_t kOnClose = 0x08;
  static constexpr uint32_t kIgnoreReadOnly = 0x10;
  uint32_t flags = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileDispositionExInfo* out);
  void Encode(Writer& w) const;
};

// FileCompressionInformation (28), 2.4.9.
struct FileCompressionInfo {
  static constexpr size_t kBytes = 16;
  uint64_t compressed_size = 0;
  uint16_t format = 0;
  uint8_t unit_shift = 0;
  uint8_t chunk_shift = 0;
  uint8_t cluster_shift = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileCompressionInfo* out);
  void Encode(Writer& w) const;
};

// FileNetworkOpenInformation (34), 2.4.34.
struct FileNetworkOpenInfo {
  static constexpr size_t kBytes = 56;
  uint64_t created = 0;
  uint64_t accessed = 0;
  uint64_t written = 0;
  uint64_t changed = 0;
  uint64_t allocation = 0;
  uint64_t end_of_file = 0;
  uint32_t attributes = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileNetworkOpenInfo* out);
  void Encode(Writer& w) const;
};

// FileAttributeTagInformation (35), 2.4.6.
struct FileAttributeTagInfo {
  static constexpr size_t kBytes = 8;
  uint32_t attributes = 0;
  uint32_t reparse_tag = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileAttributeTagInfo* out);
  void Encode(Writer& w) const;
};

// FileIdInformation (59), 2.4.26.
struct FileIdInfo {
  static constexpr size_t kBytes = 24;
  uint64_t volume_serial = 0;
  uint64_t file_id = 0;
  uint64_t file_id_high = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileIdInfo* out);
  void Encode(Writer& w) const;
};

// FileStatInformation (68): what FileNetworkOpen lacks, in one query.
struct FileStatInfo {
  static constexpr size_t kBytes = 72;
  uint64_t file_id = 0;
  uint64_t created = 0;
  uint64_t accessed = 0;
  uint64_t written = 0;
  uint64_t changed = 0;
  uint64_t allocation = 0;
  uint64_t end_of_file = 0;
  uint32_t attributes = 0;
  uint32_t reparse_tag = 0;
  uint32_t links = 0;
  uint32_t effective_access = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FileStatInfo* out);
  void Encode(Writer& w) const;
};

// FilePipeInformation (23), 2.4.37.
struct FilePipeInfo {
  static constexpr size_t kBytes = 8;
  uint32_t read_mode = 0;        // 0 byte stream, 1 message
  uint32_t completion_mode = 0;  // 0 wait, 1 complete at once

  static bool Decode(absl::Span<const uint8_t> bytes, FilePipeInfo* out);
  void Encode(Writer& w) const;
};

// FilePipeLocalInformation (24), 2.4.38.
struct FilePipeLocalInfo {
  static constexpr size_t kBytes = 40;
  uint32_t type = 0;           // 0 byte stream, 1 message
  uint32_t configuration = 0;  // 0 inbound, 1 outbound, 2 full duplex
  uint32_t instances_max = 0;
  uint32_t instances = 0;
  uint32_t inbound_quota = 0;
  uint32_t read_available = 0;
  uint32_t outbound_quota = 0;
  uint32_t write_quota_available = 0;
  uint32_t state = 0;  // 3 connected
  uint32_t end = 0;    // 0 client, 1 server

  static bool Decode(absl::Span<const uint8_t> bytes, FilePipeLocalInfo* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_FILE_INFO_H_
