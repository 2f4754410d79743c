// DOS attributes and the creation time of a file, kept in the xattr user.DOSATTRIB exactly as Samba
// does ("store dos attributes = yes"): NDR xattr_DOSATTRIB, a printable copy and DosInfo, of which
// versions 1 to 5 are read and version 5 is written. [MS-FSCC] 2.6.
#ifndef SLUICE_SERVER_FS_DOS_ATTRIBUTES_H_
#define SLUICE_SERVER_FS_DOS_ATTRIBUTES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "server/storage/backend.h"

namespace sluice::fs {

inline constexpr char kDosAttributeXattr[] = "user.DOSATTRIB";

// [MS-FSCC] 2.6.
inline constexpr uint32_t kAttributeReadOnly = 0x1;
inline constexpr uint32_t kAttributeHidden = 0x2;
inline constexpr uint32_t kAttributeSystem = 0x4;
inline constexpr uint32_t kAttributeDirectory = 0x10;
inline constexpr uint32_t kAttributeArchive = 0x20;
inline constexpr uint32_t kAttributeNormal = 0x80;
inline constexpr uint32_t kAttributeTemporary = 0x100;
inline constexpr uint32_t kAttributeSparse = 0x200;
inline constexpr uint32_t kAttributeReparsePoint = 0x400;
inline constexpr uint32_t kAttributeCompressed = 0x800;
inline constexpr uint32_t kAttributeOffline = 0x1000;
inline constexpr uint32_t kAttributeNotContentIndexed = 0x2000;
inline constexpr uint32_t kAttributeEncrypted = 0x4000;
// What a client can set and what is stored.
inline constexpr uint32_t kSettableAttributes =
    kAttributeReadOnly | kAttributeHidden | kAttributeSystem | kAttributeArchive |
    kAttributeOffline | kAttributeNotContentIndexed | kAttributeTemporary;

struct DosInfo {
  uint32_t attributes = 0;
  bool has_created = false;
  uint64_t created = 0;  // FILETIME: 100 ns since 1601-01-01 UTC

  bool operator==(const DosInfo&) const = default;
};

// False for bytes that are not such an attribute; the file then has none.
bool DecodeDosInfo(absl::string_view xattr, DosInfo* out);
std::string EncodeDosInfo(const DosInfo& info);

// What a client sees of a file: its times and attributes with the xattr's taken in.
struct FileMetadata {
  storage::Stat stat;
  uint32_t attributes = 0;  // never 0: kAttributeNormal where nothing else holds
  // Those of the xattr alone, without what the file's type and name add for display; may be 0.
  // Rules about what a client has set, and what is stored anew, go by these.
  uint32_t stored_attributes = 0;
  int64_t created = 0;       // as the times of storage::Stat
  uint64_t allocation = 0;   // bytes; 0 for a directory or a symlink
  uint64_t end_of_file = 0;  // bytes; 0 for a directory or a symlink
};

// `xattr` is the value of kDosAttributeXattr, "" for none; `name` the last component, whose leading
// dot hides the file, as Samba's "hide dot files". Without a stored creation time it is the file
// system's, else the earliest of the other times.
FileMetadata MakeMetadata(const storage::Stat& stat, absl::string_view xattr,
                          absl::string_view name);

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_DOS_ATTRIBUTES_H_
