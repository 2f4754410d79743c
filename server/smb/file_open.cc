#include "server/smb/file_open.h"

#include "proto/smb2/create.h"

namespace sluice::smb {

ring::Task<void> FileOpen::Close() {
  // The table's reference may have been the last one.
  const std::shared_ptr<fs::OpenFile> file = file_;
  co_await file->volume->Close(file, nullptr);
}

void FileOpen::ListenForBreaks(BreakNotifier notify) {
  file_->node->ListenForBreaks(
      *file_, [notify = std::move(notify)](fs::OplockLevel to) { notify(OplockToWire(to)); });
}

fs::OplockLevel OplockFromWire(uint8_t level) {
  switch (level) {
    case proto::kOplockLevelII:
      return fs::OplockLevel::kLevelII;
    case proto::kOplockLevelExclusive:
      return fs::OplockLevel::kExclusive;
    case proto::kOplockLevelBatch:
      return fs::OplockLevel::kBatch;
    default:
      return fs::OplockLevel::kNone;
  }
}

uint8_t OplockToWire(fs::OplockLevel level) {
  switch (level) {
    case fs::OplockLevel::kLevelII:
      return proto::kOplockLevelII;
    case fs::OplockLevel::kExclusive:
      return proto::kOplockLevelExclusive;
    case fs::OplockLevel::kBatch:
      return proto::kOplockLevelBatch;
    case fs::OplockLevel::kNone:
      break;
  }
  return proto::kOplockLevelNone;
}

}  // namespace sluice::smb
