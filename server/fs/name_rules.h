// Names as clients send them and as the disk has them.
//
// A client's path is UTF-16LE with '\\' between components; on disk it is UTF-8 with '/'. Unpaired
// surrogates survive both ways (WTF-8). [MS-FSCC] 2.1.5, [MS-SMB2] 2.2.13.
#ifndef SLUICE_SERVER_FS_NAME_RULES_H_
#define SLUICE_SERVER_FS_NAME_RULES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/status/nt_status.h"

namespace sluice::fs {

struct ParsedName {
  // "a/b/c", no leading or trailing '/', no empty, "." or ".." component; "" is the share's root.
  std::string path;
  // The stream of "file:stream:$DATA" without its type; "" for the file's own data, which
  // "file::$DATA" names too.
  std::string stream;
  // There was stream syntax, even if it names the file's own data.
  bool has_stream = false;
  // The stream type was $INDEX_ALLOCATION ("dir::$INDEX_ALLOCATION"): the directory itself.
  bool is_index = false;
  // The name ended in a separator, or said $INDEX_ALLOCATION: only a directory is meant.
  bool must_be_directory = false;
};

// Splits a name out of a CREATE request or a rename. kOk, or
// - kInvalidParameter: odd byte count, or a leading separator;
// - kObjectPathSyntaxBad: a component ".." that leaves the share;
// - kObjectNameInvalid: a character no file may have (control, " * < > ? |), a NUL, ".", a leading
//   '/', a component over limits::component_utf16_units_max, a path over limits::path_bytes_max,
//   stream syntax that is wrong or stands anywhere but in the last component.
// '/' separates like '\\' and repeated separators count as one, as in Samba.
proto::NtStatus ParseName(absl::Span<const uint8_t> utf16, ParsedName* out);

// The same for a single name without separators, such as the target of a rename inside a directory
// or a stream's own name.
proto::NtStatus ParseComponent(absl::Span<const uint8_t> utf16, std::string* out);

// Upper-cases code point by code point as NTFS does: one-to-one and only below U+10000, so that "ß"
// and ligatures stay as they are. Bytes that are no UTF-8 stay as they are. Two names are the same
// to a client when their folded forms are equal.
std::string FoldName(absl::string_view name);
// Appends instead of making a new string; `out` is not cleared.
void AppendFolded(absl::string_view name, std::string* out);
bool SameName(absl::string_view a, absl::string_view b);

// Whether a component on disk can be shown to a client as it is. False for characters Windows
// refuses, for a trailing dot or space, and for what is not UTF-8.
bool IsLegalName(absl::string_view component);

// What a client sees of a component on disk: itself if it is legal, else the 8.3 name that Samba
// ("mangled names = illegal", hash2) shows for it, such as "A5G0KU~M.TXT".
std::string NameForClient(absl::string_view component);

// "a/b" as a client sees it: a backslash between the components, each as NameForClient shows it.
std::string PathForClient(absl::string_view path);

// What a client sees of a symlink's target on disk: separated by a backslash, each component as
// NameForClient shows it. The bytes of an absolute one, which names nothing of the share, stay.
std::string LinkTargetForClient(absl::string_view target);

// The 8.3 name of a component on disk: itself where it is one, else made up the same way. The
// resolver finds files by it.
std::string ShortNameFor(absl::string_view component);

// Has the form of a name that NameForClient makes up; cheap, for the resolver.
bool LooksMangled(absl::string_view component);

// "a/b/c" -> "a/b" and "c"; the parent of "c" is "". REQUIRES: path is not empty.
absl::string_view ParentOf(absl::string_view path);
absl::string_view LeafOf(absl::string_view path);
// "a" + "b" -> "a/b"; "" + "b" -> "b".
std::string JoinPath(absl::string_view directory, absl::string_view name);

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_NAME_RULES_H_
