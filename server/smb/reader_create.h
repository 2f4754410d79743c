// What becomes of a CREATE by a user whom the share's lists let only read.
#ifndef SLUICE_SERVER_SMB_READER_CREATE_H_
#define SLUICE_SERVER_SMB_READER_CREATE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/status/nt_status.h"

namespace sluice::smb {

// ACCESS_DENIED where the request asks for more than reading. Otherwise the request itself is cut
// down, before anybody looks at it: the most that is allowed is reading, and what is opened or else
// made is opened only. A malformed one stays as it is.
proto::NtStatus KeepToReading(absl::Span<uint8_t> create);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_READER_CREATE_H_
