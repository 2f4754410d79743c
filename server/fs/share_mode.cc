#include "server/fs/share_mode.h"

#include "proto/fscc/access_mask.h"

namespace sluice::fs {
namespace {

namespace access = proto::access_mask;

constexpr uint32_t kReading = access::kReadData | access::kExecute;
constexpr uint32_t kWriting = access::kWriteData | access::kAppendData;
constexpr uint32_t kTakesPart = kReading | kWriting | access::kDelete;

bool Refused(uint32_t wanted, uint32_t share) {
  return ((wanted & kReading) && !(share & kShareRead)) ||
         ((wanted & kWriting) && !(share & kShareWrite)) ||
         ((wanted & access::kDelete) && !(share & kShareDelete));
}

}  // namespace

bool Conflicts(const ShareMode& one, const ShareMode& other) {
  if (!(one.access & kTakesPart) || !(other.access & kTakesPart)) return false;
  return Refused(one.access, other.share) || Refused(other.access, one.share);
}

}  // namespace sluice::fs
