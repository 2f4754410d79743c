// File system information classes. [MS-FSCC] 2.5. Decode() and Encode() as in file_info.h; names
// are UTF-8 here.
#ifndef SLUICE_PROTO_FSCC_FS_INFO_H_
#define SLUICE_PROTO_FSCC_FS_INFO_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// FileFsVolumeInformation (1), 2.5.9.
struct FsVolumeInfo {
  static constexpr size_t kFixedBytes = 18;
  uint64_t created = 0;  // FILETIME
  uint32_t serial = 0;
  bool supports_objects = false;
  std::string label;

  static bool Decode(absl::Span<const uint8_t> bytes, FsVolumeInfo* out);
  void Encode(Writer& w) const;
};

// FileFsLabelInformation (2), 2.5.5: set only.
struct FsLabelInfo {
  static constexpr size_t kFixedBytes = 4;
  std::string label;

  static bool Decode(absl::Span<const uint8_t> bytes, FsLabelInfo* out);
  void Encode(Writer& w) const;
};

// FileFsSizeInformation (3), 2.5.8. Counts are in allocation units.
struct FsSizeInfo {
  static constexpr size_t kBytes = 24;
  uint64_t units_total = 0;
  uint64_t units_available = 0;
  uint32_t sectors_per_unit = 0;
  uint32_t bytes_per_sector = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FsSizeInfo* out);
  void Encode(Writer& w) const;
};

// FileFsDeviceInformation (4), 2.5.10. Values are in fs_device.
struct FsDeviceInfo {
  static constexpr size_t kBytes = 8;
  uint32_t type = 0;
  uint32_t characteristics = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FsDeviceInfo* out);
  void Encode(Writer& w) const;
};

// FileFsAttributeInformation (5), 2.5.1. Values are in fs_attribute.
struct FsAttributeInfo {
  static constexpr size_t kFixedBytes = 12;
  uint32_t attributes = 0;
  uint32_t component_utf16_units_max = 0;
  std::string file_system_name;

  static bool Decode(absl::Span<const uint8_t> bytes, FsAttributeInfo* out);
  void Encode(Writer& w) const;
};

// FileFsControlInformation (6), 2.5.2.
struct FsControlInfo {
  static constexpr size_t kBytes = 48;
  uint64_t free_space_start_filtering = 0;
  uint64_t free_space_threshold = 0;
  uint64_t free_space_stop_filtering = 0;
  uint64_t default_quota_threshold = 0;
  uint64_t default_quota_limit = 0;
  uint32_t flags = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FsControlInfo* out);
  void Encode(Writer& w) const;
};

// FileFsFullSizeInformation (7), 2.5.4.
struct FsFullSizeInfo {
  static constexpr size_t kBytes = 32;
  uint64_t units_total = 0;
  uint64_t units_available_to_caller = 0;
  uint64_t units_available = 0;
  uint32_t sectors_per_unit = 0;
  uint32_t bytes_per_sector = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FsFullSizeInfo* out);
  void Encode(Writer& w) const;
};

// FileFsObjectIdInformation (8), 2.5.6.
struct FsObjectIdInfo {
  static constexpr size_t kBytes = 64;
  std::array<uint8_t, 16> object_id{};
  std::array<uint8_t, 48> extended{};

  static bool Decode(absl::Span<const uint8_t> bytes, FsObjectIdInfo* out);
  void Encode(Writer& w) const;
};

// FileFsSectorSizeInformation (11), 2.5.7.
struct FsSectorSizeInfo {
  static constexpr size_t kBytes = 28;
  static constexpr uint32_t kAlignedDevice = 0x01;
  static constexpr uint32_t kPartitionAligned = 0x02;
  static constexpr uint32_t kNoSeekPenalty = 0x04;
  static constexpr uint32_t kTrimEnabled = 0x08;
  uint32_t logical_bytes = 0;
  uint32_t physical_bytes_for_atomicity = 0;
  uint32_t physical_bytes_for_performance = 0;
  uint32_t effective_physical_bytes_for_atomicity = 0;
  uint32_t flags = 0;
  uint32_t byte_offset_for_sector_alignment = 0;
  uint32_t byte_offset_for_partition_alignment = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FsSectorSizeInfo* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_FS_INFO_H_
