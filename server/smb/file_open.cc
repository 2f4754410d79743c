#include "server/smb/file_open.h"

namespace sluice::smb {

ring::Task<void> FileOpen::Close() {
  // The table's reference may have been the last one.
  const std::shared_ptr<fs::OpenFile> file = file_;
  co_await file->volume->Close(file, nullptr);
}

}  // namespace sluice::smb
