#include "proto/fscc/attributes.h"
#include "proto/fscc/fs_info.h"
#include "proto/wire/utf16.h"
#include "server/base/limits.h"
#include "server/fs/volume.h"
#include "server/smb/query_file_info.h"

namespace sluice::smb {
namespace {

using proto::FsInfoClass;
using proto::NtStatus;
using ring::Task;

constexpr uint32_t kSectorBytes = 512;
constexpr uint32_t kPhysicalSectorBytes = 4096;

namespace fs_attribute = proto::fs_attribute;
// What the gateway does; what it does not is not said.
constexpr uint32_t kAttributes =
    fs_attribute::kCaseSensitiveSearch | fs_attribute::kCasePreservedNames |
    fs_attribute::kUnicodeOnDisk | fs_attribute::kPersistentAcls | fs_attribute::kNamedStreams |
    fs_attribute::kSupportsHardLinks | fs_attribute::kSupportsExtendedAttributes;

template <typename Info>
void Put(InfoQuery& query, const Info& info) {
  query.Reserve(Info::kBytes);
  info.Encode(query.out);
}

Task<NtStatus> Volume(InfoQuery& query) {
  const fs::Volume& volume = *query.file.volume;
  proto::FsVolumeInfo info;
  info.serial = volume.serial();
  info.label = volume.label();
  query.Reserve(proto::FsVolumeInfo::kFixedBytes + proto::Utf16Bytes(info.label) + 8);
  info.Encode(query.out);
  co_return NtStatus::kOk;
}

// Units of at least a sector, so that both counts are whole.
Task<NtStatus> Sizes(InfoQuery& query, storage::StatFs* stat) {
  storage::Result<storage::StatFs> found =
      co_await query.file.volume->backend().GetStatFs(*query.request.who);
  if (!found.ok()) co_return proto::FromErrno(found.error());
  *stat = found.value();
  if (stat->block_bytes < kSectorBytes) stat->block_bytes = kSectorBytes;
  co_return NtStatus::kOk;
}

Task<NtStatus> Size(InfoQuery& query) {
  storage::StatFs stat;
  const NtStatus status = co_await Sizes(query, &stat);
  if (status != NtStatus::kOk) co_return status;
  proto::FsSizeInfo info;
  info.units_total = stat.blocks_total;
  info.units_available = stat.blocks_available;
  info.sectors_per_unit = static_cast<uint32_t>(stat.block_bytes / kSectorBytes);
  info.bytes_per_sector = kSectorBytes;
  Put(query, info);
  co_return NtStatus::kOk;
}

Task<NtStatus> FullSize(InfoQuery& query) {
  storage::StatFs stat;
  const NtStatus status = co_await Sizes(query, &stat);
  if (status != NtStatus::kOk) co_return status;
  proto::FsFullSizeInfo info;
  info.units_total = stat.blocks_total;
  info.units_available_to_caller = stat.blocks_available;
  info.units_available = stat.blocks_free;
  info.sectors_per_unit = static_cast<uint32_t>(stat.block_bytes / kSectorBytes);
  info.bytes_per_sector = kSectorBytes;
  Put(query, info);
  co_return NtStatus::kOk;
}

Task<NtStatus> Device(InfoQuery& query) {
  proto::FsDeviceInfo info;
  info.type = proto::fs_device::kTypeDisk;
  info.characteristics = proto::fs_device::kIsMounted;
  if (query.file.volume->read_only()) info.characteristics |= proto::fs_device::kReadOnly;
  Put(query, info);
  co_return NtStatus::kOk;
}

// Clients look for "NTFS" to know what they may ask for.
Task<NtStatus> Attribute(InfoQuery& query) {
  proto::FsAttributeInfo info;
  info.attributes = kAttributes;
  if (query.file.volume->read_only()) info.attributes |= fs_attribute::kReadOnlyVolume;
  if (query.file.volume->backend().punches_holes()) {
    info.attributes |= fs_attribute::kSupportsSparseFiles;
  }
  info.component_utf16_units_max = limits::component_utf16_units_max;
  info.file_system_name = "NTFS";
  query.Reserve(proto::FsAttributeInfo::kFixedBytes + 32);
  info.Encode(query.out);
  co_return NtStatus::kOk;
}

// No quotas: no limits, nothing tracked.
Task<NtStatus> Control(InfoQuery& query) {
  proto::FsControlInfo info;
  info.default_quota_threshold = UINT64_MAX;
  info.default_quota_limit = UINT64_MAX;
  Put(query, info);
  co_return NtStatus::kOk;
}

Task<NtStatus> ObjectId(InfoQuery& query) {
  proto::FsObjectIdInfo info;
  const uint32_t serial = query.file.volume->serial();
  for (size_t i = 0; i < info.object_id.size(); ++i) {
    info.object_id[i] = static_cast<uint8_t>(serial >> (8 * (i % 4)));
  }
  Put(query, info);
  co_return NtStatus::kOk;
}

Task<NtStatus> SectorSize(InfoQuery& query) {
  proto::FsSectorSizeInfo info;
  info.logical_bytes = kSectorBytes;
  info.physical_bytes_for_atomicity = kPhysicalSectorBytes;
  info.physical_bytes_for_performance = kPhysicalSectorBytes;
  info.effective_physical_bytes_for_atomicity = kPhysicalSectorBytes;
  info.flags = proto::FsSectorSizeInfo::kAlignedDevice | proto::FsSectorSizeInfo::kPartitionAligned;
  Put(query, info);
  co_return NtStatus::kOk;
}

constexpr uint8_t Number(FsInfoClass info_class) { return static_cast<uint8_t>(info_class); }

constexpr InfoHandlerRow kRows[] = {
    {Number(FsInfoClass::kVolume), 0, Volume},
    {Number(FsInfoClass::kSize), 0, Size},
    {Number(FsInfoClass::kDevice), 0, Device},
    {Number(FsInfoClass::kAttribute), 0, Attribute},
    {Number(FsInfoClass::kControl), 0, Control},
    {Number(FsInfoClass::kFullSize), 0, FullSize},
    {Number(FsInfoClass::kObjectId), 0, ObjectId},
    {Number(FsInfoClass::kSectorSize), 0, SectorSize},
};

}  // namespace

absl::Span<const InfoHandlerRow> FsInfoHandlers() { return kRows; }

}  // namespace sluice::smb
