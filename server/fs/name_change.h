// A file's old and new name, as each of the shares that lie over it has them.
#ifndef SLUICE_SERVER_FS_NAME_CHANGE_H_
#define SLUICE_SERVER_FS_NAME_CHANGE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::fs {

class Volume;

// Made for one rename. Shares are compared by where their roots lie: what is reached through
// symlinks or bind mounts has names that are not recognised. Makes system calls that do not wait.
class NameChange {
 public:
  // Names are those of `volume`, as Backend has them. "" for `to` where only IsBelow is asked.
  NameChange(const Volume* volume, absl::string_view from, absl::string_view to);

  // The new name in `volume` of what it knows as `path`: none where that is not the old name, or
  // where the new one lies outside of its root.
  std::optional<std::string> For(const Volume* volume, absl::string_view path);
  // Whether `path` of `volume` lies below the old name.
  bool IsBelow(const Volume* volume, absl::string_view path);

 private:
  // With '/' at its end; "" where it is not known.
  const std::string& RootOf(const Volume* volume);

  const Volume* const volume_;
  const std::string from_;
  const std::string to_;
  std::vector<std::pair<const Volume*, std::string>> roots_;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_NAME_CHANGE_H_
