// Extended attributes of clients (EAs) and those of storage that hold them, as Samba keeps them:
// the EA "name" is the attribute "user.name". The one place that decides which attributes clients
// reach.
#ifndef SLUICE_SERVER_FS_EA_NAMES_H_
#define SLUICE_SERVER_FS_EA_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::fs {

// Whether an attribute of storage is an EA: it is in the user namespace and none of those that the
// gateway or Samba keep something of their own in (DOS attributes, streams, ...), in whatever case
// their names are.
bool IsEaXattr(absl::string_view xattr);

// The name of the EA that an attribute holds. REQUIRES: IsEaXattr(xattr).
absl::string_view EaOfXattr(absl::string_view xattr);

// The attribute that the EA `name` is kept in: one of those `present`, whose name may differ in
// case, or else one to be made. False if that is no EA.
bool FindEaXattr(absl::Span<const std::string> present, absl::string_view name, std::string* xattr);

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_EA_NAMES_H_
