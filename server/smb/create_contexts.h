// The create contexts that the gateway understands [MS-SMB2] 2.2.13.2, 3.3.5.9.
#ifndef SLUICE_SERVER_SMB_CREATE_CONTEXTS_H_
#define SLUICE_SERVER_SMB_CREATE_CONTEXTS_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/fscc/ea_list.h"
#include "proto/status/nt_status.h"
#include "proto/wire/writer.h"

namespace sluice::smb {

// What a request's contexts ask for. Views are into the message.
//
// Leases and durable handles are not granted: their requests are read over, as a server without
// them does; only a reconnect has nothing to go on with and fails.
struct CreateExtras {
  std::vector<proto::EaEntry> eas;
  absl::string_view security_descriptor;
  uint64_t allocation = 0;
  bool maximal_access = false;
  bool on_disk_id = false;
};

// INVALID_PARAMETER for a list or a context that is malformed; OBJECT_NAME_NOT_FOUND for a
// previous version or a reconnect, of which there are none.
proto::NtStatus ParseCreateContexts(absl::Span<const uint8_t> list, CreateExtras* extras);

struct CreateAnswers {
  uint32_t maximal_access = 0;
  uint64_t file_id = 0;
  uint64_t volume_id = 0;
};

// Appends the contexts that answer `extras` to a writer that stands where they begin; gives their
// bytes.
size_t WriteCreateContexts(const CreateExtras& extras, const CreateAnswers& answers,
                           proto::Writer& writer);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_CREATE_CONTEXTS_H_
