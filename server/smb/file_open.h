// A file or directory as an SMB2 open: joins fs::OpenFile to the session's table.
#ifndef SLUICE_SERVER_SMB_FILE_OPEN_H_
#define SLUICE_SERVER_SMB_FILE_OPEN_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "server/fs/open_file.h"
#include "server/fs/volume.h"
#include "server/ring/task.h"
#include "server/smb/open.h"
#include "server/smb/request.h"

namespace sluice::smb {

class FileOpen final : public Open {
 public:
  static constexpr Kind kOpenKind = Kind::kFile;

  FileOpen(std::shared_ptr<const Share> share, std::shared_ptr<fs::OpenFile> file)
      : Open(kOpenKind), share_(std::move(share)), file_(std::move(file)) {}

  ring::Task<void> Close() override;

  bool can_break() const override { return file_->oplock != fs::OplockLevel::kNone; }
  void ListenForBreaks(BreakNotifier notify) override;

  const std::shared_ptr<fs::OpenFile>& file() const { return file_; }

 private:
  const std::shared_ptr<const Share> share_;  // what the file needs to its end
  const std::shared_ptr<fs::OpenFile> file_;
};

// Between the levels of the wire (proto/smb2/create.h) and those of fs. What is no oplock is kNone.
fs::OplockLevel OplockFromWire(uint8_t level);
uint8_t OplockToWire(fs::OplockLevel level);

// REQUIRES: the request's open is a file.
inline const std::shared_ptr<fs::OpenFile>& FileOf(const Request& request) {
  return request.open->As<FileOpen>().file();
}

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_FILE_OPEN_H_
