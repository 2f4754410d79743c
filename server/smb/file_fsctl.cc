// FSCTLs on files [MS-FSCC] 2.3. Others are INVALID_DEVICE_REQUEST, which the core answers.
#include <algorithm>
#include <string>
#include <vector>

#include "proto/fscc/file_ranges.h"
#include "proto/fscc/reparse.h"
#include "proto/smb2/fsctl.h"
#include "server/base/fs_limits.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"
#include "server/smb/dispatch.h"
#include "server/smb/file_open.h"
#include "server/smb/symlink.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;
using ring::Task;

// The target of a symlink, as Windows writes one.
Task<NtStatus> GetReparsePoint(FsctlCall& call) {
  const fs::OpenFile& file = *FileOf(call.request);
  if (!file.symlink) co_return NtStatus::kNotAReparsePoint;
  const std::string path = file.node->PathOf(file);
  storage::Result<std::string> target =
      co_await file.volume->backend().ReadSymlink(*call.request.who, path);
  if (!target.ok()) co_return proto::FromErrno(target.error());
  const proto::SymlinkReparse reparse = SymlinkReparseOf(target.value());
  proto::Writer writer(call.output);
  reparse.EncodeBuffer(writer);
  if (!writer.ok()) co_return NtStatus::kBufferTooSmall;
  call.output_bytes = writer.size();
  co_return NtStatus::kOk;
}

// No input means: make it sparse [MS-FSCC] 2.3.64.
Task<NtStatus> SetSparse(FsctlCall& call) {
  fs::OpenFile& file = *FileOf(call.request);
  if (file.directory) co_return NtStatus::kInvalidParameter;
  if (!file.Granted(fs::kFileWriteData | fs::kFileAppendData | fs::kFileWriteAttributes)) {
    co_return NtStatus::kAccessDenied;
  }
  const bool sparse = call.input.empty() || call.input[0] != 0;
  co_return co_await file.volume->SetSparse(file, sparse);
}

Task<NtStatus> SetZeroData(FsctlCall& call) {
  fs::OpenFile& file = *FileOf(call.request);
  proto::FileZeroData zero;
  if (file.directory || file.symlink || !proto::FileZeroData::Decode(call.input, &zero)) {
    co_return NtStatus::kInvalidParameter;
  }
  if (!file.Granted(fs::kFileWriteData)) co_return NtStatus::kAccessDenied;
  co_return co_await file.volume->SetZeroData(file, zero.offset, zero.beyond_final_zero);
}

Task<NtStatus> QueryAllocatedRanges(FsctlCall& call) {
  fs::OpenFile& file = *FileOf(call.request);
  proto::FileAllocatedRange asked;
  if (file.directory || file.symlink || !proto::FileAllocatedRange::Decode(call.input, &asked)) {
    co_return NtStatus::kInvalidParameter;
  }
  if (!file.Granted(fs::kFileReadData)) co_return NtStatus::kAccessDenied;
  const size_t ranges_max = std::min(call.output.size() / proto::FileAllocatedRange::kBytes,
                                     limits::allocated_ranges_per_query_max);
  std::vector<storage::DataRange> ranges;
  const NtStatus status = co_await file.volume->QueryAllocatedRanges(
      file, asked.offset, asked.length, ranges_max, &ranges);
  if (status == NtStatus::kBufferOverflow && ranges.empty()) co_return NtStatus::kBufferTooSmall;
  proto::Writer writer(call.output);
  for (const storage::DataRange& range : ranges) {
    proto::FileAllocatedRange{range.offset, range.bytes}.Encode(writer);
  }
  call.output_bytes = writer.size();
  co_return status;
}

constexpr FsctlRow kRows[] = {
    {proto::kFsctlGetReparsePoint, "GET_REPARSE_POINT", FsctlRow::Needs::kFile, false,
     GetReparsePoint},
    {proto::kFsctlSetSparse, "SET_SPARSE", FsctlRow::Needs::kFile, true, SetSparse},
    {proto::kFsctlSetZeroData, "SET_ZERO_DATA", FsctlRow::Needs::kFile, true, SetZeroData},
    {proto::kFsctlQueryAllocatedRanges, "QUERY_ALLOCATED_RANGES", FsctlRow::Needs::kFile, false,
     QueryAllocatedRanges},
};

}  // namespace

absl::Span<const FsctlRow> FileFsctls() { return kRows; }

}  // namespace sluice::smb
