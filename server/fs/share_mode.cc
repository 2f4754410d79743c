#include "server/fs/share_mode.h"

#include "server/fs/posix_security.h"

namespace sluice::fs {
namespace {

constexpr uint32_t kReading = kFileReadData | kFileExecute;
constexpr uint32_t kWriting = kFileWriteData | kFileAppendData;
constexpr uint32_t kTakesPart = kReading | kWriting | kDelete;

bool Refused(uint32_t wanted, uint32_t share) {
  return ((wanted & kReading) && !(share & kShareRead)) ||
         ((wanted & kWriting) && !(share & kShareWrite)) ||
         ((wanted & kDelete) && !(share & kShareDelete));
}

}  // namespace

bool Conflicts(const ShareMode& one, const ShareMode& other) {
  if (!(one.access & kTakesPart) || !(other.access & kTakesPart)) return false;
  return Refused(one.access, other.share) || Refused(other.access, one.share);
}

}  // namespace sluice::fs
