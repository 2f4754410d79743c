#include "server/smb/query_file_info.h"

#include <algorithm>
#include <string>
#include <utility>

#include "proto/fscc/attributes.h"
#include "proto/fscc/ea_list.h"
#include "proto/fscc/file_info.h"
#include "proto/fscc/file_name_info.h"
#include "proto/smb2/query_info.h"
#include "server/fs/file_times.h"
#include "server/fs/name_rules.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"
#include "server/session/connection_state.h"
#include "server/smb/symlink.h"

namespace sluice::smb {
namespace {

using proto::FileInfoClass;
using proto::NtStatus;
using ring::Task;

constexpr size_t kNameRoom = 64u << 10;
// FileAlternateNameInformation and such say what a stream's allocation would be in whole units.
constexpr uint64_t kAllocationUnit = 4096;

uint64_t Rounded(uint64_t bytes) {
  return (bytes + kAllocationUnit - 1) / kAllocationUnit * kAllocationUnit;
}

// "\dir\file:stream", as FileNameInformation has it; without the leading separator as
// FileNormalizedNameInformation does.
std::string WireName(const fs::OpenFile& file, bool leading_separator) {
  std::string name = fs::PathForClient(file.node->PathOf(file));
  if (!file.stream.empty()) name += ":" + file.stream;
  return leading_separator ? "\\" + name : name;
}

proto::FileBasicInfo BasicOf(const fs::FileMetadata& metadata) {
  proto::FileBasicInfo basic;
  basic.created = fs::ToFileTime(metadata.created);
  basic.accessed = fs::ToFileTime(metadata.stat.accessed);
  basic.written = fs::ToFileTime(metadata.stat.modified);
  basic.changed = fs::ToFileTime(metadata.stat.modified);
  basic.attributes = metadata.attributes;
  return basic;
}

proto::FileStandardInfo StandardOf(const fs::OpenFile& file, const fs::FileMetadata& metadata) {
  proto::FileStandardInfo standard;
  standard.allocation = metadata.allocation;
  standard.end_of_file = metadata.end_of_file;
  standard.delete_pending = file.node->DeletePending(file);
  // Those that are not about to go [MS-FSA] 2.1.5.12.27.
  standard.links = metadata.stat.links - std::min(metadata.stat.links, file.node->names_going());
  standard.directory = file.directory || file.leads_to_directory;
  if (file.directory) standard.links = standard.delete_pending ? 0 : 1;
  return standard;
}

Task<uint32_t> EaBytes(fs::OpenFile& file) {
  std::vector<proto::EaEntry> eas;
  const NtStatus status = co_await file.volume->GetEas(file, &eas);
  co_return status == NtStatus::kOk ? proto::EaListReportedBytes(eas) : 0;
}

template <typename Info>
void Put(InfoQuery& query, const Info& info) {
  query.Reserve(Info::kBytes);
  info.Encode(query.out);
}

Task<NtStatus> Basic(InfoQuery& query) {
  fs::FileMetadata metadata;
  const NtStatus status = co_await query.file.volume->GetMetadata(query.file, &metadata);
  if (status == NtStatus::kOk) Put(query, BasicOf(metadata));
  co_return status;
}

Task<NtStatus> Standard(InfoQuery& query) {
  fs::FileMetadata metadata;
  const NtStatus status = co_await query.file.volume->GetMetadata(query.file, &metadata);
  if (status == NtStatus::kOk) Put(query, StandardOf(query.file, metadata));
  co_return status;
}

Task<NtStatus> Internal(InfoQuery& query) {
  Put(query, proto::FileInternalInfo{query.file.volume->FileIdOf(query.file.file->opened_stat())});
  co_return NtStatus::kOk;
}

Task<NtStatus> Ea(InfoQuery& query) {
  const uint32_t bytes = co_await EaBytes(query.file);
  Put(query, proto::FileEaInfo{bytes});
  co_return NtStatus::kOk;
}

Task<NtStatus> Access(InfoQuery& query) {
  Put(query, proto::FileAccessInfo{query.file.mode.access});
  co_return NtStatus::kOk;
}

Task<NtStatus> Position(InfoQuery& query) {
  Put(query, proto::FilePositionInfo{query.file.position});
  co_return NtStatus::kOk;
}

Task<NtStatus> Mode(InfoQuery& query) {
  Put(query, proto::FileModeInfo{query.file.options});
  co_return NtStatus::kOk;
}

Task<NtStatus> Alignment(InfoQuery& query) {
  Put(query, proto::FileAlignmentInfo{});
  co_return NtStatus::kOk;
}

Task<NtStatus> Name(InfoQuery& query) {
  query.Reserve(kNameRoom);
  proto::FileNameInfo info;
  info.name = WireName(query.file, true);
  info.Encode(query.out);
  co_return NtStatus::kOk;
}

// Only SMB 3.1.1 has it, as Windows and Samba do [MS-SMB2] 3.3.5.20.1.
Task<NtStatus> NormalizedName(InfoQuery& query) {
  if (query.request.negotiated.terms().dialect < proto::Dialect::kSmb311) {
    co_return NtStatus::kNotSupported;
  }
  query.Reserve(kNameRoom);
  proto::FileNameInfo info;
  info.name = WireName(query.file, false);
  info.Encode(query.out);
  co_return NtStatus::kOk;
}

Task<NtStatus> AlternateName(InfoQuery& query) {
  const std::string path = query.file.node->PathOf(query.file);
  const std::string short_name = fs::ShortNameFor(fs::LeafOf(path));
  if (short_name.empty()) co_return NtStatus::kObjectNameNotFound;
  query.Reserve(kNameRoom);
  proto::FileNameInfo info;
  info.name = short_name;
  info.Encode(query.out);
  co_return NtStatus::kOk;
}

Task<NtStatus> All(InfoQuery& query) {
  fs::FileMetadata metadata;
  const NtStatus status = co_await query.file.volume->GetMetadata(query.file, &metadata);
  if (status != NtStatus::kOk) co_return status;
  const uint32_t ea_bytes = co_await EaBytes(query.file);
  proto::FileAllInfo all;
  all.basic = BasicOf(metadata);
  all.standard = StandardOf(query.file, metadata);
  all.internal.index_number = query.file.volume->FileIdOf(metadata.stat);
  all.ea.ea_size = ea_bytes;
  all.access.access = query.file.mode.access;
  all.position.position = query.file.position;
  all.mode.mode = query.file.options;
  all.name.name = WireName(query.file, true);
  query.Reserve(kNameRoom);
  all.Encode(query.out);
  co_return NtStatus::kOk;
}

// A file's own data comes first; a directory has none.
Task<NtStatus> Stream(InfoQuery& query) {
  std::vector<proto::FileStreamInfo> list;
  if (!query.file.directory && query.file.stream.empty()) {
    storage::Result<storage::Stat> stat = co_await query.file.file->GetStat();
    if (!stat.ok()) co_return proto::FromErrno(stat.error());
    list.push_back({"::$DATA", stat->size, stat->allocated});
  }
  std::vector<fs::StreamListing> streams;
  const NtStatus status = co_await query.file.volume->GetStreams(query.file, &streams);
  if (status != NtStatus::kOk) co_return status;
  size_t room = 256;
  for (const fs::StreamListing& stream : streams) {
    list.push_back({":" + stream.name + ":$DATA", stream.bytes, Rounded(stream.bytes)});
    room += 64 + 2 * stream.name.size();
  }
  query.Reserve(room);
  proto::EncodeStreamList(list, query.out);
  co_return NtStatus::kOk;
}

Task<NtStatus> Compression(InfoQuery& query) {
  storage::Result<storage::Stat> stat = co_await query.file.file->GetStat();
  if (!stat.ok()) co_return proto::FromErrno(stat.error());
  proto::FileCompressionInfo info;
  info.compressed_size = query.file.directory ? 0 : stat->size;
  Put(query, info);
  co_return NtStatus::kOk;
}

Task<NtStatus> NetworkOpen(InfoQuery& query) {
  fs::FileMetadata metadata;
  const NtStatus status = co_await query.file.volume->GetMetadata(query.file, &metadata);
  if (status != NtStatus::kOk) co_return status;
  const proto::FileBasicInfo basic = BasicOf(metadata);
  proto::FileNetworkOpenInfo info;
  info.created = basic.created;
  info.accessed = basic.accessed;
  info.written = basic.written;
  info.changed = basic.changed;
  info.attributes = basic.attributes;
  info.allocation = metadata.allocation;
  info.end_of_file = metadata.end_of_file;
  Put(query, info);
  co_return NtStatus::kOk;
}

Task<NtStatus> AttributeTag(InfoQuery& query) {
  fs::FileMetadata metadata;
  const NtStatus status = co_await query.file.volume->GetMetadata(query.file, &metadata);
  if (status == NtStatus::kOk) {
    Put(query, proto::FileAttributeTagInfo{metadata.attributes, ReparseTagOf(metadata)});
  }
  co_return status;
}

Task<NtStatus> Id(InfoQuery& query) {
  proto::FileIdInfo info;
  info.volume_serial = query.file.volume->serial();
  info.file_id = query.file.file->opened_stat().inode;
  info.file_id_high = query.file.file->opened_stat().file_system;
  Put(query, info);
  co_return NtStatus::kOk;
}

Task<NtStatus> StatInfo(InfoQuery& query) {
  fs::FileMetadata metadata;
  const NtStatus status = co_await query.file.volume->GetMetadata(query.file, &metadata);
  if (status != NtStatus::kOk) co_return status;
  const proto::FileBasicInfo basic = BasicOf(metadata);
  proto::FileStatInfo info;
  info.file_id = query.file.volume->FileIdOf(metadata.stat);
  info.created = basic.created;
  info.accessed = basic.accessed;
  info.written = basic.written;
  info.changed = basic.changed;
  info.attributes = basic.attributes;
  info.allocation = metadata.allocation;
  info.end_of_file = metadata.end_of_file;
  info.reparse_tag = ReparseTagOf(metadata);
  info.links = StandardOf(query.file, metadata).links;
  info.effective_access = query.file.mode.access;
  Put(query, info);
  co_return NtStatus::kOk;
}

// Which of the attributes are asked for: those named, or all from where the last call stopped.
NtStatus SelectEas(const InfoQuery& query, std::vector<proto::EaEntry>* eas) {
  if (query.input.empty()) {
    size_t first = query.file.ea_index;
    if ((query.flags & proto::kQueryInfoRestartScan) != 0) first = 0;
    if (eas->empty()) return NtStatus::kNoEasOnFile;
    if (first >= eas->size()) return NtStatus::kNoMoreEas;
    eas->erase(eas->begin(), eas->begin() + static_cast<ptrdiff_t>(first));
    query.file.ea_index = static_cast<uint32_t>(first);
    return NtStatus::kOk;
  }
  std::vector<std::string> names;
  if (!proto::DecodeGetEaList(query.input, &names)) return NtStatus::kEaListInconsistent;
  std::vector<proto::EaEntry> selected;
  for (const std::string& name : names) {
    // One that is not there is given without a value [MS-FSA] 2.1.5.12.10.
    proto::EaEntry entry;
    entry.name = name;
    for (const proto::EaEntry& ea : *eas) {
      if (fs::SameName(ea.name, name)) entry = ea;
    }
    selected.push_back(std::move(entry));
  }
  *eas = std::move(selected);
  return NtStatus::kOk;
}

Task<NtStatus> FullEa(InfoQuery& query) {
  std::vector<proto::EaEntry> eas;
  NtStatus status = co_await query.file.volume->GetEas(query.file, &eas);
  const bool named = !query.input.empty();
  if (status == NtStatus::kOk) status = SelectEas(query, &eas);
  if (status != NtStatus::kOk) co_return status;
  if ((query.flags & proto::kQueryInfoReturnSingleEntry) != 0) eas.resize(1);
  // Whole attributes only: the list goes on in the next call.
  query.Reserve(query.output_bytes_max);
  const size_t written = proto::EncodeEaList(eas, query.out);
  if (!named) query.file.ea_index += static_cast<uint32_t>(written);
  if (written == 0) co_return NtStatus::kBufferTooSmall;
  if (written == eas.size()) co_return NtStatus::kOk;
  co_return NtStatus::kBufferOverflow;
}

constexpr uint8_t Number(FileInfoClass info_class) { return static_cast<uint8_t>(info_class); }

constexpr InfoHandlerRow kRows[] = {
    {Number(FileInfoClass::kBasic), fs::kFileReadAttributes, Basic},
    {Number(FileInfoClass::kStandard), 0, Standard},
    {Number(FileInfoClass::kInternal), 0, Internal},
    {Number(FileInfoClass::kEa), 0, Ea},
    {Number(FileInfoClass::kAccess), 0, Access},
    {Number(FileInfoClass::kName), 0, Name},
    {Number(FileInfoClass::kPosition), 0, Position},
    {Number(FileInfoClass::kFullEa), fs::kFileReadEa, FullEa},
    {Number(FileInfoClass::kMode), 0, Mode},
    {Number(FileInfoClass::kAlignment), 0, Alignment},
    {Number(FileInfoClass::kAll), fs::kFileReadAttributes, All},
    {Number(FileInfoClass::kAlternateName), 0, AlternateName},
    {Number(FileInfoClass::kStream), 0, Stream},
    {Number(FileInfoClass::kCompression), 0, Compression},
    {Number(FileInfoClass::kNetworkOpen), fs::kFileReadAttributes, NetworkOpen},
    {Number(FileInfoClass::kAttributeTag), fs::kFileReadAttributes, AttributeTag},
    {Number(FileInfoClass::kNormalizedName), 0, NormalizedName},
    {Number(FileInfoClass::kId), 0, Id},
    {Number(FileInfoClass::kStat), fs::kFileReadAttributes, StatInfo},
};

}  // namespace

absl::Span<const InfoHandlerRow> FileInfoHandlers() { return kRows; }

}  // namespace sluice::smb
