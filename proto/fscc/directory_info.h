// Directory listings: the eight information classes of QUERY_DIRECTORY. [MS-FSCC] 2.4.10, 2.4.14,
// 2.4.8, 2.4.28, 2.4.17, 2.4.18, 2.4.19, 2.4.20.
#ifndef SLUICE_PROTO_FSCC_DIRECTORY_INFO_H_
#define SLUICE_PROTO_FSCC_DIRECTORY_INFO_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "proto/fscc/info_class.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// One entry, whatever its class. Times are FILETIME. Names are UTF-8.
struct DirectoryEntryInfo {
  uint32_t file_index = 0;
  uint64_t created = 0;
  uint64_t accessed = 0;
  uint64_t written = 0;
  uint64_t changed = 0;
  uint64_t end_of_file = 0;
  uint64_t allocation = 0;
  uint32_t attributes = 0;
  uint32_t ea_size = 0;
  // Sent in the place of ea_size, or beside it, when attributes has kReparsePoint.
  uint32_t reparse_tag = 0;
  uint64_t file_id = 0;       // classes 37 and 38; the low half of 60 and 63
  uint64_t file_id_high = 0;  // classes 60 and 63
  std::string short_name;     // at most 12 UTF-16 units; may be empty
  std::string name;
};

enum class AddResult {
  kAdded,
  kNoRoom,   // nothing was written
  kBadName,  // not UTF-8, or longer than the field: nothing was written
};

// Appends entries to `writer`, chains them by NextEntryOffset and aligns each to 8 bytes relative
// to where the list began. Allocates nothing.
class DirectoryListWriter {
 public:
  // REQUIRES: IsDirectoryClass(info_class). The list may take at most `bytes_max` of the writer.
  DirectoryListWriter(FileInfoClass info_class, Writer& writer, size_t bytes_max = SIZE_MAX);

  AddResult Add(const DirectoryEntryInfo& entry);

  size_t count() const { return count_; }
  // Of the whole list; the last entry is not padded.
  size_t bytes() const;

 private:
  const FileInfoClass class_;
  Writer& writer_;
  const size_t bytes_max_;
  const size_t start_;
  size_t last_entry_ = 0;  // offset in the writer; valid if count_ > 0
  size_t count_ = 0;
};

// The bytes before the name: an output buffer smaller than this is kInfoLengthMismatch. 0 for
// other classes.
size_t DirectoryEntryFixedBytes(FileInfoClass info_class);

// Walks a listing. Every length is checked; a bad one ends the walk with ok() false.
class DirectoryListReader {
 public:
  DirectoryListReader(FileInfoClass info_class, absl::Span<const uint8_t> list)
      : class_(info_class), list_(list) {}

  // False at the end and at the first error.
  bool Next(DirectoryEntryInfo* entry);
  bool ok() const { return ok_; }

 private:
  const FileInfoClass class_;
  const absl::Span<const uint8_t> list_;
  size_t next_ = 0;
  bool done_ = false;
  bool ok_ = true;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_DIRECTORY_INFO_H_
