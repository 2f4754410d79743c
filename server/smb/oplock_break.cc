// The acknowledgment of an oplock's break [MS-SMB2] 3.3.5.22.1.
#include "proto/smb2/oplock_break.h"

#include "proto/smb2/create.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {

using proto::NtStatus;

NtStatus AcknowledgeOplockBreak(Request& request) {
  proto::OplockBreak answer;
  if (!proto::OplockBreak::Decode(request.message, &answer)) return NtStatus::kInvalidParameter;
  const bool makes_sense = answer.oplock_level == proto::kOplockLevelNone ||
                           answer.oplock_level == proto::kOplockLevelII;
  const fs::OplockLevel wanted =
      makes_sense ? OplockFromWire(answer.oplock_level) : fs::OplockLevel::kNone;
  const fs::OpenFile& file = *FileOf(request);
  fs::OplockLevel level = fs::OplockLevel::kNone;
  const NtStatus status = file.node->AcknowledgeBreak(file, wanted, &level);
  if (status != NtStatus::kOk) return status;
  // A senseless answer ends the break too, and leaves the client nothing.
  if (!makes_sense) {
    return answer.oplock_level == proto::kOplockLevelLease ? NtStatus::kInvalidParameter
                                                           : NtStatus::kInvalidOplockProtocol;
  }
  proto::OplockBreak response;
  response.oplock_level = OplockToWire(level);
  response.file_id = request.open->id();
  response.Encode(request.response.body());
  return NtStatus::kOk;
}

}  // namespace sluice::smb
