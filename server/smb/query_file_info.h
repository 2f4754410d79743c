// QUERY_INFO by class: files [MS-FSCC] 2.4 and file systems 2.5.
#ifndef SLUICE_SERVER_SMB_QUERY_FILE_INFO_H_
#define SLUICE_SERVER_SMB_QUERY_FILE_INFO_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "proto/fscc/info_class.h"
#include "proto/status/nt_status.h"
#include "proto/wire/writer.h"
#include "server/base/identity.h"
#include "server/fs/open_file.h"
#include "server/ring/task.h"
#include "server/smb/request.h"

namespace sluice::smb {

// One query on its way: the handlers of classes write the whole answer, whatever its size.
struct InfoQuery {
  Request& request;
  fs::OpenFile& file;
  absl::Span<const uint8_t> input;
  uint32_t flags = 0;            // of FileFullEaInformation
  size_t output_bytes_max = 0;   // what the client takes
  std::vector<uint8_t> storage;  // behind `out`
  proto::Writer out{absl::Span<uint8_t>()};

  // Makes room for an answer of up to `bytes`.
  void Reserve(size_t bytes) {
    storage.resize(bytes);
    out = proto::Writer(absl::MakeSpan(storage));
  }
};

struct InfoHandlerRow {
  uint8_t info_class;
  uint32_t access;  // any of these must have been granted; 0: none
  ring::Task<proto::NtStatus> (*handler)(InfoQuery&);
};

absl::Span<const InfoHandlerRow> FileInfoHandlers();
absl::Span<const InfoHandlerRow> FsInfoHandlers();

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_QUERY_FILE_INFO_H_
