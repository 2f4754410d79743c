#include "server/fs/ea_names.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/fs/dos_attributes.h"
#include "server/fs/name_rules.h"
#include "server/fs/stream_file.h"

namespace sluice::fs {
namespace {

constexpr absl::string_view kUserPrefix = "user.";

// Besides the streams, whose names vary.
const absl::string_view kReserved[] = {
    kDosAttributeXattr,
    "user.SAMBA_PAI",              // what an ACL had inherited
    "user.SAMBA_STREAMS",          // vfs_streams_depot
    "user.SmbReparse",             // reparse points
    "user.org.netatalk.Metadata",  // vfs_fruit
};

}  // namespace

bool IsEaXattr(absl::string_view xattr) {
  if (!absl::StartsWith(xattr, kUserPrefix) || xattr.size() == kUserPrefix.size()) return false;
  const std::string folded = FoldName(xattr);
  if (absl::StartsWith(folded, FoldName(kStreamXattrPrefix))) return false;
  for (const absl::string_view reserved : kReserved) {
    if (folded == FoldName(reserved)) return false;
  }
  return true;
}

absl::string_view EaOfXattr(absl::string_view xattr) { return xattr.substr(kUserPrefix.size()); }

bool FindEaXattr(absl::Span<const std::string> present, absl::string_view name,
                 std::string* xattr) {
  *xattr = absl::StrCat(kUserPrefix, name);
  for (const std::string& other : present) {
    if (SameName(other, *xattr)) {
      *xattr = other;
      break;
    }
  }
  // Asked of what was found, not of what was sent.
  return IsEaXattr(*xattr);
}

}  // namespace sluice::fs
