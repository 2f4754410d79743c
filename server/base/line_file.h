// Lines of text that a thread of its own appends to a file or to standard error, so that nobody
// who logs waits for a disk or for a reader of the pipe.
#ifndef SLUICE_SERVER_BASE_LINE_FILE_H_
#define SLUICE_SERVER_BASE_LINE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::base {

// Lines that wait to be written; beyond that the oldest are lost.
inline constexpr size_t line_file_lines_max = 16384;

// Thread-safe.
class LineFile {
 public:
  // Appends to `path`, which only the owner and the group may read; "" is standard error.
  static absl::StatusOr<std::unique_ptr<LineFile>> Open(std::string path);
  // Writes what waits.
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Queues `line`, which has no newline at its end. Never waits for the file, which has the whole
  // line or, where the disk is full, nothing of it.
  void Write(absl::string_view line);
  // Opens the path again, for whoever has renamed the file. On an error, which is also that the
  // file system does not answer, the old one stays in use.
  absl::Status Reopen();
  // Lines that were not written: the queue or the disk was full.
  uint64_t lost() const;

 private:
  class Impl;
  explicit LineFile(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_LINE_FILE_H_
